"""What the emulator lacks, made up for in the built template: each patch by name, with its reason, and with what it changed.

A patch that finds nothing to change is an error: the template has moved on, or the emulator has learnt it.
"""

import copy


def secrets_are_named_by_arn(template, _):
    """`Ref` of a secret is its ARN in AWS and its name in the emulator, which policies then do not match."""
    secrets = {name for name, of in template["Resources"].items() if of["Type"] == "AWS::SecretsManager::Secret"}
    return replaced(template, lambda value: {"Fn::GetAtt": [value["Ref"], "Arn"]} if value.get("Ref") in secrets else None)


def no_metric_math(template, _):
    """The emulator makes no alarm of several metrics (`Metrics`): these are left out."""
    resources = template["Resources"]
    math = [
        name for name, of in resources.items() if of["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in of["Properties"]
    ]
    for name in math:
        del resources[name]
    return math


def names_are_new(template, word):
    """The emulator makes the same name for a resource of each stack of one name, and a new stack would take the retained over."""
    kept = [name for name, of in template["Resources"].items() if of["Type"] in NAMED and "DeletionPolicy" in of]
    for name in kept:
        of = template["Resources"][name]
        of["Properties"][NAMED[of["Type"]]] = {"Fn::Sub": f"${{AWS::StackName}}-{name}-{word}"}
    return kept


# What is retained when its stack is deleted, and the property that names it.
NAMED = {"AWS::DynamoDB::Table": "TableName", "AWS::SecretsManager::Secret": "Name"}
PATCHES = (secrets_are_named_by_arn, no_metric_math, names_are_new)


# No patch but a fault that is played: nobody ever says that this was reached.
FAILURE = {
    "Signal": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Never": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Signal"}, "Timeout": "2"}},
}

# Not patched, and not rehearsed: what the emulator takes and does nothing with, or does otherwise than AWS.
LIMITS = (
    "metric filters are kept and never evaluated, so that no alarm of a log line is raised (a test plays them on real lines)",
    "EMF lines become no metrics, and nothing evaluates metric math",
    "the API writes no access log",
    "the SourceArn of a permission is not looked at",
    "there is no CodeDeploy, so that Canary=true cannot be deployed",
    "RouteSettings are not checked against the routes, and throttle nothing",
    "several indexes may be made in one update, where AWS makes one",
    "a subscription by mail is confirmed at once",
    "a restore takes the present table, whatever moment it is told",
)


def replaced(template, change):
    """Replaces each object for which `change` has another; says under which resources."""
    where = []

    def walk(value, path):
        if isinstance(value, dict):
            other = change(value) if len(value) == 1 else None
            if other is not None:
                where.append(path)
                return other
            return {name: walk(inner, path or name) for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, path) for inner in value]
        return value

    for section in ("Globals", "Resources", "Outputs"):
        if section in template:
            template[section] = walk(template[section], None)
    return list(dict.fromkeys(where))


def patched(template, word):
    """The template for the emulator, and what was done to it: `(name, reason, where)`. The word is another for each stack."""
    template, done = copy.deepcopy(template), []
    for patch in PATCHES:
        where = patch(template, word)
        name = patch.__name__.replace("_", " ")
        if not where:
            raise AssertionError(f"the patch {name!r} finds nothing to change in the built template: take it out, or mend it")
        done.append((name, patch.__doc__, where))
    return template, done
