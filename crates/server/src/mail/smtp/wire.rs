//! The way to a mail server that is to be encrypted by STARTTLS. In the clear a byte is read at a time, so that
//! nothing is read beyond the line that agrees to STARTTLS: what somebody on the way put behind it would else
//! be taken for an answer that came encrypted (RFC 3207, section 6). It meets the handshake instead, and breaks it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What the first record of a handshake begins with (RFC 8446, 5.1), and no command.
const HANDSHAKE: u8 = 0x16;

/// A connection that begins in the clear.
#[derive(Debug)]
pub(super) struct Wire {
    tcp: TcpStream,
    /// The handshake has begun.
    is_encrypted: bool,
}

impl Wire {
    /// Connects.
    pub(super) async fn connect(place: (&str, u16)) -> io::Result<Self> {
        let tcp = TcpStream::connect(place).await?;
        // Commands are short and wait for their answers.
        tcp.set_nodelay(true)?;
        Ok(Self {
            tcp,
            is_encrypted: false,
        })
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_encrypted {
            return Pin::new(&mut self.tcp).poll_read(context, into);
        }
        let mut one = [0];
        let mut one = ReadBuf::new(&mut one);
        ready!(Pin::new(&mut self.tcp).poll_read(context, &mut one))?;
        into.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.first() == Some(&HANDSHAKE) {
            self.is_encrypted = true;
        }
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lettre::transport::smtp::client::TlsParameters;
    use lettre::transport::smtp::extension::ClientId;
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::super::session::Session;
    use crate::config::SmtpUrl;

    /// Either side takes milliseconds on loopback.
    const LONGEST: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn what_stands_behind_the_agreement_to_starttls_is_no_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let injected = "220 go ahead\r\n250 AUTH PLAIN\r\n235 welcome\r\n";
            let answers = [
                "220 ready\r\n",
                "250-mail.test\r\n250 STARTTLS\r\n",
                injected,
            ];
            let mut line = String::new();
            for answer in answers {
                stream.write_all(answer.as_bytes()).await.unwrap();
                line.clear();
                let begins_tls = answer == injected;
                if !begins_tls {
                    stream.read_line(&mut line).await.unwrap();
                }
            }
            // The handshake, and then nothing: it was broken off.
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            rest
        });
        let url = SmtpUrl::parse(&format!("smtp://acme:canary@127.0.0.1:{port}")).unwrap();
        let tls = TlsParameters::new("127.0.0.1".to_owned()).unwrap();
        let name = ClientId::Domain("join.acme.example".to_owned());
        // Where what was put behind is believed, both sides wait for each other.
        let opened = timeout(LONGEST, Session::open(&url, &name, Some(&tls)));
        let opened = opened.await.expect("the handshake is broken off");
        let why = opened.err().unwrap().summary;
        assert!(why.starts_with("STARTTLS failed"), "{why}");
        let rest = timeout(LONGEST, server).await;
        let rest = rest.expect("the connection is closed").unwrap();
        assert!(
            !rest.windows(4).any(|at| at == b"EHLO" || at == b"AUTH"),
            "{rest:?}"
        );
    }
}
