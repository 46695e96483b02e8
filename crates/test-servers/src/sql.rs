//! SQL from anywhere: a connection lives on a thread of its own with a runtime of its own, and callers
//! wait on an ordinary channel. So it may be used inside a test's runtime, whatever kind that is.

use std::sync::mpsc;
use std::time::Duration;

use tokio_postgres::{Client, Error, NoTls, SimpleQueryMessage};

/// What a query gave: rows of values as text, `None` for NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// A server that does not answer at all is a failure of the test, not a reason to hang.
const LONGEST_ANSWER_S: u64 = 120;
const LONGEST_CONNECTING_S: u64 = 10;

struct Order {
    sql: String,
    answer: mpsc::Sender<Result<Rows, Error>>,
}

/// A connection that is kept until this is dropped.
pub(crate) struct Connection {
    orders: tokio::sync::mpsc::UnboundedSender<Order>,
}

impl Connection {
    /// Returns at once; whether it can be connected shows at the first statement.
    pub(crate) fn open(url: &str) -> Self {
        let (orders, received) = tokio::sync::mpsc::unbounded_channel();
        let url = url.to_owned();
        std::thread::Builder::new()
            .name("test-sql".to_owned())
            .spawn(move || serve(&url, received))
            .expect("a thread can be started");
        Self { orders }
    }

    /// Runs statements by the simple protocol and waits.
    pub(crate) fn run(&self, sql: &str) -> Result<Rows, Error> {
        let (answer, answered) = mpsc::channel();
        let sql = sql.to_owned();
        self.orders
            .send(Order { sql, answer })
            .expect("the connection's thread lives");
        answered
            .recv_timeout(Duration::from_secs(LONGEST_ANSWER_S))
            .expect("the server answers in time")
    }
}

/// Runs statements over a connection of their own.
pub(crate) fn run_once(url: &str, sql: &str) -> Result<Rows, Error> {
    Connection::open(url).run(sql)
}

/// The same, where a failure is the test's.
pub(crate) fn run_or_panic(url: &str, sql: &str) -> Rows {
    run_once(url, sql).unwrap_or_else(|fault| panic!("`{sql}` at {url} failed: {fault:?}"))
}

fn serve(url: &str, mut orders: tokio::sync::mpsc::UnboundedReceiver<Order>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        let mut client = None;
        while let Some(Order { sql, answer }) = orders.recv().await {
            // Whoever asked may have given up.
            answer.send(run_on(&mut client, url, &sql).await).ok();
        }
    });
}

async fn run_on(client: &mut Option<Client>, url: &str, sql: &str) -> Result<Rows, Error> {
    let client = match client {
        Some(connected) if !connected.is_closed() => connected,
        _ => client.insert(connect(url).await?),
    };
    let messages = client.simple_query(sql).await?;
    Ok(messages.iter().filter_map(values_of).collect())
}

async fn connect(url: &str) -> Result<Client, Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    config.connect_timeout(Duration::from_secs(LONGEST_CONNECTING_S));
    let (client, connection) = config.connect(NoTls).await?;
    // A lost connection shows at the next statement.
    tokio::spawn(connection);
    Ok(client)
}

fn values_of(message: &SimpleQueryMessage) -> Option<Vec<Option<String>>> {
    let SimpleQueryMessage::Row(row) = message else {
        return None;
    };
    let values = (0..row.len()).map(|column| row.get(column).map(str::to_owned));
    Some(values.collect())
}
