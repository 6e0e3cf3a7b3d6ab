//! `ops/deploy.py`, played in a checkout of its own.

use std::fs;

use checkout::Checkout;

mod checkout;

#[test]
fn what_cannot_be_deployed_is_said_in_one_sentence_before_anything_is_built() {
    let checkout = Checkout::new("deploy-refused");
    let europe = ("AWS_REGION", "eu-central-1");
    let hosts = "CallbackHosts = \"app.example.com\"";
    let no_file = checkout.deploy(&[europe]);
    assert_eq!((no_file.code, no_file.calls.len()), (1, 0));
    assert!(
        no_file.said.contains("copy samconfig.example.toml"),
        "{}",
        no_file.said
    );

    for (variables, lines, told) in [
        (&[][..], hosts, "no region is given"),
        (&[("AWS_REGION", "us-east-1")], hosts, "Binance refuses"),
        (&[("AWS_REGION", "us-gov-west-1")], hosts, "Binance refuses"),
        (&[("AWS_REGION", "Frankfurt")], hosts, "is no region"),
        (
            &[europe, ("ARCH", "mips")],
            hosts,
            "must be one of arm64, x86_64",
        ),
        (&[europe], "", "does not say CallbackHosts"),
        (
            &[europe],
            "CallbackHosts = \"https://app.example.com\"",
            "without https://",
        ),
        (
            &[europe],
            "CallbackHosts = \"app.example.com\"\nMaxPrise = 5",
            "MaxPrise, which is no parameter",
        ),
        (
            &[europe],
            "CallbackHosts = \"app.example.com\"\nMaxPrice = 0",
            "must be more than 0",
        ),
        (
            &[europe],
            "CallbackHosts = \"app.example.com\"\nArchitecture = \"arm64\"",
            "must not say Architecture",
        ),
        (&[europe], "CallbackHosts = app", "cannot be read"),
    ] {
        checkout.parameters(lines);
        let deployed = checkout.deploy(variables);
        assert_eq!(deployed.code, 1, "{variables:?} {lines}");
        assert!(deployed.said.contains(told), "{}", deployed.said);
        assert_eq!(deployed.said.lines().count(), 1, "{}", deployed.said);
        assert_eq!(deployed.calls, Vec::<String>::new(), "{told}");
    }
}

#[test]
fn region_and_processor_are_one_value_for_building_and_deploying() {
    let checkout = Checkout::new("deploy-told");
    checkout
        .parameters("CallbackHosts = [\"app.example.com\", \"b.example.com\"]\nAlarmEmail = \"\"");
    for (arch, variables) in [
        ("arm64", &[][..]),
        ("x86_64", &[("ARCH", "x86_64"), ("STACK", "staging")]),
    ] {
        let region = [("AWS_REGION", "ap-southeast-1")];
        let deployed = checkout.deploy(&[&region, variables].concat());

        assert_eq!((deployed.code, deployed.said.as_str()), (0, ""));
        let [built, told] = &deployed.calls[..] else {
            panic!("{:?}", deployed.calls)
        };
        assert_eq!(*built, format!("make build ARCH={arch}"));
        let stack = if arch == "arm64" {
            "leadscalendar-payments"
        } else {
            "staging"
        };
        let config = checkout.path("samconfig.toml");
        let start = format!(
            "sam deploy --config-file {} --stack-name {stack} --region ap-southeast-1 ",
            config.canonicalize().unwrap().display()
        );
        assert!(told.starts_with(&start), "{told}");
        // Green where nothing changed, and nothing left of a creation that failed.
        assert!(told.contains(" --no-fail-on-empty-changeset "), "{told}");
        assert!(told.contains(" --on-failure DELETE "), "{told}");
        assert_eq!(
            deployed.parameter("CallbackHosts"),
            "app.example.com,b.example.com"
        );
        assert_eq!(deployed.parameter("AlarmEmail"), "");
        assert_eq!(deployed.parameter("Architecture"), arch);
    }
}

#[test]
fn what_is_only_looked_at_or_was_built_before_is_not_built() {
    let checkout = Checkout::new("deploy-looked");
    checkout.parameters("CallbackHosts = \"app.example.com\"");
    let region = [("AWS_REGION", "eu-central-1")];
    let looked = checkout.run(&["--look"], &region);
    assert_eq!((looked.code, looked.calls.len()), (0, 0));

    let deployed = checkout.run(&["--built", "template.yaml"], &region);
    assert_eq!((deployed.code, deployed.calls.len()), (0, 1));
    let told = &deployed.calls[0];
    assert!(
        told.contains(" --template-file /") && told.contains("/template.yaml "),
        "{told}"
    );
}

#[test]
fn parameters_may_be_a_list_or_a_text_as_for_sam() {
    let checkout = Checkout::new("deploy-spelt");
    for spelt in [
        "[\"CallbackHosts=app.example.com\", \"MaxPrice=500\"]",
        "\"CallbackHosts=app.example.com MaxPrice='500'\"",
    ] {
        let text = format!("[default.deploy.parameters]\nparameter_overrides = {spelt}\n");
        checkout.write("samconfig.toml", &text);
        let deployed = checkout.deploy(&[("AWS_REGION", "eu-central-1")]);
        assert_eq!(deployed.said, "", "{spelt}");
        assert_eq!(deployed.parameter("CallbackHosts"), "app.example.com");
        assert_eq!(deployed.parameter("MaxPrice"), "500");
    }
}

#[test]
fn another_commit_change_or_parameter_is_another_release_and_nothing_else_is() {
    let checkout = Checkout::new("deploy-release");
    let hosts = "CallbackHosts = \"app.example.com\"";
    checkout.parameters(hosts);
    let first = checkout.release();
    assert_eq!(checkout.release(), first);

    let mut releases = vec![first.clone()];
    checkout.parameters(&format!("{hosts}\nMaxPrice = 500"));
    releases.push(checkout.release());
    checkout.parameters(&format!("{hosts}\nMaxPrice = 501"));
    releases.push(checkout.release());
    checkout.parameters(hosts);
    assert_eq!(checkout.release(), first, "the parameters are as before");
    checkout.write("new.rs", "//! New.");
    releases.push(checkout.release());
    checkout.write("new.rs", "//! Newer.");
    releases.push(checkout.release());
    checkout.commit();
    releases.push(checkout.release());

    let other = [("AWS_REGION", "eu-central-1"), ("ARCH", "x86_64")];
    releases.push(checkout.deploy(&other).parameter("Release"));
    // SAM names a version after so much of it.
    let mut starts: Vec<_> = releases.iter().map(|release| &release[..10]).collect();
    starts.sort_unstable();
    starts.dedup();
    assert_eq!(starts.len(), releases.len(), "{releases:?}");
    let changed: Vec<_> = releases.iter().map(|it| it.ends_with("-changed")).collect();
    assert_eq!(changed, [false, false, false, true, true, false, false]);
}

#[test]
fn what_was_built_for_another_processor_is_not_deployed() {
    let checkout = Checkout::new("deploy-machine");
    checkout.parameters("CallbackHosts = \"app.example.com\"");
    fs::create_dir_all(checkout.path(".aws-sam/build/GetOrder")).unwrap();
    for (machine, code) in [(0x3e, 1), (0xb7, 0)] {
        let mut header = [0; 64];
        header[18] = machine;
        fs::write(checkout.path(".aws-sam/build/GetOrder/bootstrap"), header).unwrap();
        let deployed = checkout.deploy(&[("AWS_REGION", "eu-central-1")]);
        assert_eq!(deployed.code, code, "{}", deployed.said);
        assert_eq!(deployed.calls.len(), if code == 0 { 2 } else { 1 });
    }
}

#[test]
fn failure_of_building_or_deploying_is_one_of_make_deploy() {
    let checkout = Checkout::new("deploy-failed");
    checkout.parameters("CallbackHosts = \"app.example.com\"");
    for (tool, calls) in [("sam", 1), ("make", 0)] {
        checkout.write(&format!("bin/{tool}"), "#!/bin/sh\nexit 7\n");
        let deployed = checkout.deploy(&[("AWS_REGION", "eu-central-1")]);
        assert_eq!((deployed.code, deployed.calls.len()), (7, calls), "{tool}");
    }
}

#[test]
fn example_is_what_can_be_deployed_after_the_hosts_are_set() {
    let checkout = Checkout::new("deploy-example");
    fs::copy(
        checkout.path("samconfig.example.toml"),
        checkout.path("samconfig.toml"),
    )
    .unwrap();
    let deployed = checkout.deploy(&[("AWS_REGION", "eu-central-1")]);
    assert_eq!((deployed.code, deployed.said.as_str()), (0, ""));
    assert_eq!(deployed.parameter("AlarmEmail"), "operator@example.com");
}
