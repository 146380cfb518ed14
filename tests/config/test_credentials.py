import pytest

from whet.config.credentials import found_in


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("command", "agent --key sk-abcdefghijklmnopqrst", "command"),
        ("command", "git clone https://ghp_" + "a" * 36 + "@x.example/y", "command"),
        ("command", "echo '-----BEGIN RSA PRIVATE KEY-----'", "command"),
        ("command", "API_KEY=0123456789abcdef ./bench.sh", "API_KEY"),
        ("command", "SERVICE_TOKEN='0123456789abcdef' ./bench.sh", "SERVICE_TOKEN"),
        ("HF_TOKEN", "0123456789abcdef", "HF_TOKEN"),
        ("db_password", "correct-horse-battery", "db_password"),
    ],
)
def test_a_secret_is_found(name, value, secret):
    assert found_in(name, value) == secret


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKENIZERS_PARALLELISM", "false-false-false"),
        ("MAX_TOKENS", "123456789012345"),
        ("MY_TOKEN", "short"),
        ("MY_TOKEN", "/run/secrets/my-token"),
        ("command", "API_KEY=$API_KEY ./bench.sh"),
        ("command", 'API_KEY="$(cat key)" ./bench.sh'),
        ("command", "./task-runner --risk-abcdefghijklmnopqrst"),
        ("command", "./bench.sh --tokens=1234567890123456"),
        ("metric", "tokens_per_second_of_the_model"),
    ],
)
def test_what_is_no_secret_is_left_alone(name, value):
    assert found_in(name, value) == ""
