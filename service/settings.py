"""What the service reads from its environment."""

from attrs import frozen


@frozen
class Settings:
    """The container's environment. `files_key` is the ARN of the key that the bucket's objects are encrypted
    with, `user_pool_keys_url` where the pool's public keys are.
    """

    intake_bucket: str
    files_key: str
    ledger_table: str
    records_table: str
    record_type: str
    state_machine_arn: str
    user_pool_issuer: str
    user_pool_keys_url: str
    user_pool_client_id: str
