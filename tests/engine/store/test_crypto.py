import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.store.crypto import SecretCrypto

KEY = bytes(range(16))


@given(st.text())
def test_a_decrypted_text_is_the_text(text: str) -> None:
    crypto = SecretCrypto(KEY)
    assert crypto.decrypt(crypto.encrypt(text)) == text


def test_the_same_text_looks_different_each_time() -> None:
    crypto = SecretCrypto(KEY)
    assert crypto.encrypt("x") != crypto.encrypt("x")


def test_lengths_of_texts_are_hidden_within_a_block() -> None:
    crypto = SecretCrypto(KEY)
    assert len(crypto.encrypt("a")) == len(crypto.encrypt("a" * 12))
    assert len(crypto.encrypt("a")) < len(crypto.encrypt("a" * 13))


def test_the_record_is_laid_out_as_digdag_does() -> None:
    record = base64.b64decode(SecretCrypto(KEY).encrypt("secret"))
    assert record[:14] == b"aesgcm" + bytes([0, 0, 0, 2]) + bytes([0, 0, 0, 1])
    assert len(record) == 14 + 12 + 16 + 16


def test_another_key_is_refused_with_a_sentence() -> None:
    stored = SecretCrypto(KEY).encrypt("x")
    with pytest.raises(ConfigError, match="the key for secrets is not the one"):
        SecretCrypto(bytes(16)).decrypt(stored)


@pytest.mark.parametrize("record", ["", "!", "aGVsbG8=", base64.b64encode(bytes(60)).decode()])
def test_a_damaged_record_is_refused(record: str) -> None:
    with pytest.raises(ConfigError, match="A stored secret"):
        SecretCrypto(KEY).decrypt(record)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AAECAwQFBgcICQoLDA0=", "has 14 bytes; expected 16"),
        ("not base64!", "is not base64"),
        ("ключ", "is not base64"),
    ],
)
def test_a_key_of_the_wrong_form_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SecretCrypto.from_base64(text)


def test_a_key_file_may_end_with_a_line_end() -> None:
    text = base64.b64encode(KEY).decode() + "\n"
    assert SecretCrypto.from_base64(text).decrypt(SecretCrypto(KEY).encrypt("x")) == "x"
