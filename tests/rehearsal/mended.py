"""ministack with mended what no template can make up for. Each patch is an error where it finds nothing to mend.

Usage: .venv-rehearse/bin/python tests/rehearsal/mended.py
"""

import contextvars

MENDED = (
    (
        "secrets without a value",
        "A secret that is declared without a value has an empty one in the emulator; in AWS it has none until one is put.",
    ),
    (
        "parameters for SAM",
        "SAM's transform is not told the parameters in the emulator, so that Release names no versions; in AWS it is.",
    ),
)


def secrets_without_a_value(provisioners, secretsmanager):
    """Takes the empty value away from each secret that is made."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create = handler["create"]

    def mended(logical_id, props, stack_name):
        name, attributes = create(logical_id, props, stack_name)
        versions = secretsmanager._secrets[name]["Versions"]
        if [version["SecretString"] for version in versions.values()] != [""]:
            raise ValueError("the emulator no longer gives a new secret an empty value: take the patch out")
        versions.clear()
        return name, attributes

    handler["create"] = mended


def parameters_for_sam(engine, users, transform):
    """Hands SAM's transform the parameters of the operation that it is part of."""
    values = contextvars.ContextVar("values")
    apply, translate = engine._apply_transforms, transform.transform

    def applied(template, provided_params=None, previous_params=None):
        values.set(engine._transform_parameters(template, provided_params, previous_params))
        return apply(template, provided_params, previous_params)

    def translated(template, parameter_values, *others):
        if parameter_values:
            raise ValueError("the emulator now tells SAM's transform the parameters: take the patch out")
        return translate(template, values.get(), *others)

    transform.transform = translated
    for user in users:
        if user._apply_transforms is not apply:
            raise ValueError(f"{user.__name__} no longer applies the transforms of {engine.__name__}: mend the patch")
        user._apply_transforms = applied


def mend():
    """Mends all."""
    from ministack.services import secretsmanager
    from ministack.services.cloudformation import changesets, engine, handlers, provisioners
    from samtranslator.translator import transform

    secrets_without_a_value(provisioners, secretsmanager)
    parameters_for_sam(engine, (changesets, handlers), transform)


if __name__ == "__main__":
    from ministack.app import main

    mend()
    main()
