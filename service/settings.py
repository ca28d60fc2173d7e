"""What the service reads from its environment."""

from attrs import frozen


@frozen
class Settings:
    """The container's environment. `user_pool_keys_url` is where the pool's public keys are."""

    intake_bucket: str
    ledger_table: str
    records_table: str
    record_type: str
    state_machine_arn: str
    user_pool_issuer: str
    user_pool_keys_url: str
    user_pool_client_id: str
