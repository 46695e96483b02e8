//! A way to the server that can be cut at a chosen moment.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// When a connection is cut. The statement is the next that is bound to parameters, on any connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The server never hears of the statement.
    BeforeTheStatement,
    /// The server has the statement; nobody waits for it.
    BehindTheStatement,
    /// The server has committed and answered; nobody hears the answer.
    BeforeTheAnswer,
}

/// Listens on 127.0.0.1 and passes on to one port. Speaks no TLS.
pub(super) struct Proxy {
    port: u16,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    cuts: VecDeque<Cut>,
    /// So many connections are refused.
    refusals: u32,
}

impl Proxy {
    pub(super) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            plan: Arc::default(),
        };
        let plan = Arc::clone(&proxy.plan);
        thread::spawn(move || {
            for client in listener.incoming() {
                let mut planned = plan.lock().unwrap();
                if planned.refusals > 0 {
                    planned.refusals -= 1;
                    continue;
                }
                drop(planned);
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                pass_on(client.unwrap(), server, Arc::clone(&plan));
            }
        });
        proxy
    }

    pub(super) fn url_of(&self, database: &str) -> String {
        let port = self.port;
        format!("postgres://enlist@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    pub(super) fn cut_next(&self, cut: Cut) {
        self.plan.lock().unwrap().cuts.push_back(cut);
    }

    pub(super) fn refuse_next(&self, connections: u32) {
        self.plan.lock().unwrap().refusals = connections;
    }

    /// Fails unless every cut was made and every refusal too.
    pub(super) fn assert_all_made(&self) {
        let plan = self.plan.lock().unwrap();
        assert!(plan.cuts.is_empty(), "{:?}", plan.cuts);
        assert_eq!(plan.refusals, 0);
    }
}

fn pass_on(client: TcpStream, server: TcpStream, plan: Arc<Mutex<Plan>>) {
    let is_mute = Arc::new(AtomicBool::new(false));
    let (from_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let is_muted = Arc::clone(&is_mute);
    thread::spawn(move || {
        answers(&from_server, &to_client, &is_muted);
        end(&from_server, &to_client);
    });
    thread::spawn(move || {
        questions(&client, &server, &plan, &is_mute);
        end(&client, &server);
    });
}

fn questions(client: &TcpStream, server: &TcpStream, plan: &Mutex<Plan>, is_mute: &AtomicBool) {
    let Some(startup) = message(client, 0) else {
        return;
    };
    if write(server, &startup).is_none() {
        return;
    }
    let mut is_last = false;
    while let Some(message) = message(client, 1) {
        if message[0] == b'B' {
            let cut = plan.lock().unwrap().cuts.pop_front();
            match cut {
                Some(Cut::BeforeTheStatement) => return,
                Some(Cut::BehindTheStatement) => is_last = true,
                Some(Cut::BeforeTheAnswer) => is_mute.store(true, Ordering::SeqCst),
                None => {}
            }
        }
        if write(server, &message).is_none() || (is_last && message[0] == b'S') {
            return;
        }
    }
}

fn answers(server: &TcpStream, client: &TcpStream, is_mute: &AtomicBool) {
    while let Some(message) = message(server, 1) {
        if is_mute.load(Ordering::SeqCst) {
            // Ready for the next, and in no transaction: what was asked is committed.
            if message[0] == b'Z' && message[5] == b'I' {
                return;
            }
        } else if write(client, &message).is_none() {
            return;
        }
    }
}

/// One message: its type, which the first of a connection has not, its length, its content.
fn message(mut from: &TcpStream, type_length: usize) -> Option<Vec<u8>> {
    let mut message = vec![0; type_length + 4];
    from.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(message[type_length..].try_into().unwrap());
    let mut content = vec![0; length as usize - 4];
    from.read_exact(&mut content).ok()?;
    message.extend(content);
    Some(message)
}

fn write(mut to: &TcpStream, message: &[u8]) -> Option<()> {
    to.write_all(message).ok()
}

fn end(one: &TcpStream, other: &TcpStream) {
    // Either may be gone already.
    for stream in [one, other] {
        drop(stream.shutdown(Shutdown::Both));
    }
}
