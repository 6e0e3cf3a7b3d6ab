"""Points the alias `live` of every function to the version before, in seconds; without --do it only shows what would be.

    .venv/bin/python ops/rollback.py
    .venv/bin/python ops/rollback.py --do

A version is code and settings together. The next `make deploy` of something new takes over from there.
"""

import argparse

import stack


def main() -> int:
    """Shows, and with --do moves, the aliases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--do", action="store_true", help="move the aliases")
    stack.add_options(parser)
    options = parser.parse_args()
    deployed = stack.Stack(options.stack, options.region)
    client, moves = deployed.client("lambda"), []
    for logical, function in sorted(deployed.resources("AWS::Lambda::Function").items()):
        live = int(client.get_alias(FunctionName=function, Name=stack.ALIAS)["FunctionVersion"])
        earlier = max((version for version in deployed.versions(function) if version < live), default=None)
        print(f"{logical:18}{stack.ALIAS} is version {live}; before it: {earlier or 'none'}")
        moves.append((function, earlier))
    if not options.do:
        return 0
    # All or none: the functions share the table.
    if not moves or any(earlier is None for _, earlier in moves):
        raise stack.Unusable("not every function has a version before: nothing was changed")
    for function, earlier in moves:
        # A canary that is under way would go on sending a part to the new one.
        client.update_alias(
            FunctionName=function, Name=stack.ALIAS, FunctionVersion=str(earlier), RoutingConfig={"AdditionalVersionWeights": {}}
        )
    print(f"{stack.ALIAS} of {len(moves)} functions is the version before.")
    return 0


if __name__ == "__main__":
    stack.run(main)
