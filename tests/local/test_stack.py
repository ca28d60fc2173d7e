"""What the commands that only look do without."""

import subprocess
import sys

HEAVY = {"boto3", "botocore", "bundling", "local.provisioner", "pulumi", "pulumi_aws", "yaml"}


def test_to_look_at_the_stack_takes_neither_pulumi_nor_boto3() -> None:
    program = "import sys; from local import stack; stack.current(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert "local.state" in loaded
    assert not HEAVY & loaded
