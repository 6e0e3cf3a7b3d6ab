use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::ambient::monotonic_ms;
use crate::aws::Clients;
use crate::served::{self, Deaf};

const FIRST: Ipv4Addr = Ipv4Addr::LOCALHOST;
const SECOND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

#[test]
fn roots_are_those_that_amazon_publishes() {
    let mut published = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(include_bytes!("amazon-trust-services.pem")) {
        published.add(root.unwrap()).unwrap();
    }
    let sorted = |roots: RootCertStore| {
        let mut keys: Vec<_> = roots
            .roots
            .into_iter()
            .map(|root| root.subject_public_key_info)
            .collect();
        keys.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
        keys
    };
    assert_eq!(published.len(), 5);
    assert_eq!(sorted(amazons_roots()), sorted(published));
}

/// A name server that knows these addresses, and tells them the other way round each time.
#[derive(Debug)]
struct Told(Vec<Ipv4Addr>, AtomicUsize);

impl ResolveDns for Told {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
        let mut told: Vec<IpAddr> = self.0.iter().copied().map(IpAddr::V4).collect();
        if self.1.fetch_add(1, Ordering::SeqCst) % 2 == 1 {
            told.reverse();
        }
        DnsFuture::ready(Ok(told))
    }
}

fn clients(addresses: &[Ipv4Addr], port: u16) -> Clients {
    let names = SharedDnsResolver::new(Told(addresses.to_vec(), AtomicUsize::new(0)));
    let mut aws = served::aws(None);
    aws.dynamodb_url = Some(format!("http://dynamodb.example:{port}"));
    Clients::through(Connections::new(names, None).unwrap(), &aws)
}

/// Reads an item, and whether that was answered.
async fn get(clients: &Clients) -> bool {
    let get = clients.dynamodb.get_item().table_name("orders");
    let get = get.key("orderId", AttributeValue::S("x".to_owned()));
    get.send().await.is_ok()
}

/// A DynamoDB that answers with no item; `answers` of a connection's number, from 0, are how many of its requests.
struct Table {
    connections: Arc<AtomicUsize>,
    port: u16,
}

impl Table {
    async fn start(
        address: Ipv4Addr,
        port: u16,
        answers: impl Fn(usize) -> usize + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answers = answers(counted.fetch_add(1, Ordering::SeqCst));
                tokio::spawn(serve(stream, answers));
            }
        });
        Self { connections, port }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Answers so many requests, and then takes them and says nothing.
async fn serve(mut stream: TcpStream, answers: usize) {
    for number in 0.. {
        if stream.read(&mut [0; 4_096]).await.unwrap_or(0) == 0 {
            return;
        }
        if number < answers {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer).await.unwrap();
        }
    }
}

#[tokio::test]
async fn second_address_is_used_where_the_first_takes_connections_and_says_nothing() {
    let silent = Table::start(FIRST, 0, |_| 0).await;
    let table = Table::start(SECOND, silent.port, |_| 99).await;
    let clients = clients(&[FIRST, SECOND], silent.port);

    assert!(get(&clients).await);

    // From then on the first is left alone.
    let began_ms = monotonic_ms();
    assert!(get(&clients).await);
    assert!(monotonic_ms() - began_ms < 1_000);
    assert_eq!((silent.connections(), table.connections()), (1, 1));

    // Also by those who give their connections up.
    clients.connections.renew();
    assert!(get(&clients).await);
    assert_eq!((silent.connections(), table.connections()), (1, 2));
}

#[tokio::test]
async fn second_address_is_used_where_the_first_does_not_so_much_as_take_a_connection() {
    let deaf = Deaf::start(FIRST).await;
    let port = deaf.port;
    let table = Table::start(SECOND, port, |_| 99).await;

    assert!(get(&clients(&[FIRST, SECOND], port)).await);

    assert_eq!(table.connections(), 1);
}

#[tokio::test]
async fn many_calls_at_once_leave_a_silent_address_together() {
    let silent = Table::start(FIRST, 0, |_| 0).await;
    let table = Table::start(SECOND, silent.port, |_| 99).await;
    let clients = clients(&[FIRST, SECOND], silent.port);

    let calls = (0..4).map(|_| get(&clients));
    let answered = futures_util::future::join_all(calls).await;

    assert_eq!(answered, [true; 4]);
    assert_eq!(silent.connections(), 4);
    assert!(table.connections() >= 1);
}

#[tokio::test]
async fn dead_connections_that_were_kept_cost_one_attempt() {
    // The first two are answered once and dead from then on.
    let table = Table::start(FIRST, 0, |connection| if connection < 2 { 1 } else { 99 }).await;
    let clients = clients(&[FIRST], table.port);
    let (first, second) = tokio::join!(get(&clients), get(&clients));
    assert!(first && second);
    assert_eq!(table.connections(), 2);
    let began_ms = monotonic_ms();

    assert!(get(&clients).await);

    let took_ms = monotonic_ms() - began_ms;
    assert!((1_400..2_400).contains(&took_ms), "{took_ms}");
    assert_eq!(table.connections(), 3);
}

#[tokio::test]
async fn renewed_connections_are_new_to_every_client() {
    let table = Table::start(FIRST, 0, |_| 99).await;
    let clients = clients(&[FIRST], table.port);
    let clone = clients.clone();
    assert!(get(&clone).await && get(&clone).await);
    assert_eq!(table.connections(), 1);

    clients.connections.renew();

    assert!(get(&clone).await);
    assert_eq!(table.connections(), 2);
}
