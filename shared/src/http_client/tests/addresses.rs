//! A name with several addresses, one of which is silent.

use std::net::{Ipv4Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::RootCertStore;

use super::*;
use crate::served::Deaf;

/// A name server that knows these addresses for every name.
struct Told(Vec<Ipv4Addr>);

impl Resolve for Told {
    fn resolve(&self, _: Name) -> Resolving {
        let told: Vec<_> = self.0.iter().map(|ip| SocketAddr::from((*ip, 0))).collect();
        let told: Addrs = Box::new(told.into_iter());
        Box::pin(async { Ok(told) })
    }
}

#[tokio::test]
async fn second_address_is_used_where_the_first_does_not_take_a_connection() {
    let [first, second] = [1, 2].map(|last| Ipv4Addr::new(127, 0, 0, last));
    let deaf = Deaf::start(first).await;
    let listener = TcpListener::bind((second, deaf.port)).await.unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 2_048]).await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    });
    let builder = client(tls(RootCertStore::empty()).unwrap());
    let client = builder.dns_resolver(Told(vec![first, second]));

    let url = format!("http://app.example.com:{}/", deaf.port);
    let request = client.build().unwrap().post(url);
    // As long as a confirmation may take.
    let sent = request.timeout(Duration::from_secs(5)).send().await;

    assert_eq!(sent.unwrap().status(), 200);
}
