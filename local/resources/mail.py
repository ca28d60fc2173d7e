"""Who mail comes from."""

from typing import Any, Final

from local.aws import Aws
from local.resources.created import Created, Inputs, pascal

NOT_SENT: Final = "mail is kept, not sent: see /_ministack/ses/messages on the emulator's port"
_OPTIONS: Final = ("deliveryOptions", "reputationOptions", "sendingOptions", "suppressionOptions")


def configuration_set(aws: Aws, _name: str, given: Inputs) -> Created:
    """How mail travels."""
    physical = given["configurationSetName"]
    options: dict[str, Any] = {
        name[:1].upper() + name[1:]: pascal(given[name]) for name in _OPTIONS if given.get(name)
    }
    aws.client("sesv2").create_configuration_set(ConfigurationSetName=physical, **options)
    arn = f"arn:aws:ses:{aws.region}:{aws.account}:configuration-set/{physical}"
    return Created(physical, {"arn": arn, "configurationSetName": physical})


def email_identity(aws: Aws, _name: str, given: Inputs) -> Created:
    """A domain, or an address, that mail may come from."""
    identity = given["emailIdentity"]
    aws.client("sesv2").create_email_identity(
        EmailIdentity=identity,
        ConfigurationSetName=given["configurationSetName"],
        DkimSigningAttributes=pascal(given["dkimSigningAttributes"]),
    )
    arn = f"arn:aws:ses:{aws.region}:{aws.account}:identity/{identity}"
    return Created(identity, {"arn": arn, "emailIdentity": identity}, note=NOT_SENT)
