"""Judges the policies of a template by what moto knows of AWS: their grammar, and whether each action is one.

Usage: .venv-rehearse/bin/python tests/rehearsal/judge.py BUILT_TEMPLATE

The names are those in AWS's own managed policies, of which moto has a copy; an emulator grants an action that AWS does not have
without a word. Prints how many actions and policies there are, or each fault, and then leaves with 1.
"""

import json
import sys

import yaml
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator


def listed(value):
    """A value that may be alone or a list."""
    return value if isinstance(value, list) else [value]


def known():
    """Every action that a managed policy of AWS names in full."""
    policies = json.loads(aws_managed_policies_data).values()
    statements = [statement for policy in policies for statement in listed(policy["Document"]["Statement"])]
    actions = {action for statement in statements for action in listed(statement.get("Action", []))}
    return {action.lower() for action in actions if "*" not in action}


def plain(value):
    """The value with a name of its form wherever the template computes one, which no grammar can read."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
            return "arn:aws:service:eu-central-1:123456789012:name"
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def policies(resources):
    """Each policy of the template: `(where, document, what checks its grammar)`."""
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            yield f"{name}, who may take it", properties["AssumeRolePolicyDocument"], IAMTrustPolicyDocumentValidator
            for policy in properties.get("Policies", []):
                yield f"{name}, {policy['PolicyName']}", policy["PolicyDocument"], IAMPolicyDocumentValidator
        elif resource["Type"] == "AWS::Lambda::Permission":
            yield name, {"Statement": [{"Action": properties["Action"]}]}, None
        elif "PolicyDocument" in properties:
            yield name, properties["PolicyDocument"], None


def main():
    """Judges."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        resources = yaml.safe_load(file)["Resources"]
    actions, faults, number = known(), [], 0
    judged = set()
    for where, document, validator in policies(resources):
        number += 1
        named = {action for statement in document["Statement"] for action in listed(statement["Action"])}
        judged |= named
        faults += [f"{where}: AWS has no action {action}" for action in sorted(named) if action.lower() not in actions]
        if validator:
            try:
                validator(json.dumps(plain(document))).validate()
            except MalformedPolicyDocument as fault:
                faults.append(f"{where}: {fault.message}")
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(judged)} actions in {number} policies")


if __name__ == "__main__":
    main()
