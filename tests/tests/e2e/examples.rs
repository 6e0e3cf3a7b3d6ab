//! The examples of `openapi.yaml`: each is what the service says, but for what is another each time.

mod closes;
mod described;
mod notifications;
mod orders;
mod problems;
mod refunds;

use described::Examples;

#[tokio::test]
async fn each_example_is_what_the_service_says() {
    let mut examples = Examples::read();

    orders::compare(&mut examples).await;
    closes::compare(&mut examples).await;
    refunds::compare(&mut examples).await;
    problems::compare(&mut examples).await;
    notifications::compare(&mut examples).await;

    let faults = examples.faults();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_answer_of_the_functions_has_an_example() {
    assert_eq!(Examples::missing(), Vec::<String>::new());
}
