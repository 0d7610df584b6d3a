"""The configuration: the later source wins, each value knows its origin, a mistake names its place."""

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import BadConfiguration
from maestrod.api.system import SessionsOnStop
from maestrod.config import USER_FILE, Config, Origin, agents_named, load, variable, warnings
from tests.kit.pages.configuration import page


def shown(origins: tuple[Origin, ...]) -> dict[str, tuple[object, str]]:
    return {origin.name: (origin.value, origin.origin) for origin in origins}


def test_without_settings_the_defaults_apply_and_say_so(tmp_path: Path) -> None:
    config, origins = load(tmp_path, {})
    assert config == Config()
    assert {origin.origin for origin in origins} == {"default"}
    assert [origin.name for origin in origins] == list(Config.__struct_encode_fields__)


def test_the_file_wins_over_the_defaults_and_the_environment_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / USER_FILE
    path.write_text('maxSessions = 3\nsessionsOnStop = "stop"\n[agentLimits]\nshell = 2\n')
    config, origins = load(tmp_path, {"MAESTRO_MAX_SESSIONS": "5", "MAESTRO_LOG_LEVEL": "debug"})
    assert (config.max_sessions, config.sessions_on_stop, config.agent_limits) == (5, SessionsOnStop.STOP, {"shell": 2})
    places = shown(origins)
    assert places["maxSessions"] == (5, "MAESTRO_MAX_SESSIONS")
    assert places["sessionsOnStop"] == ("stop", str(path))
    assert places["logLevel"] == ("debug", "MAESTRO_LOG_LEVEL")
    assert places["planRepairs"] == (3, "default")


def test_a_umask_in_the_environment_is_read_as_text(tmp_path: Path) -> None:
    assert load(tmp_path, {"MAESTRO_AGENT_UMASK": "027"})[0].agent_umask == "027"
    with pytest.raises(BadConfiguration, match="agentUmask"):
        load(tmp_path, {"MAESTRO_AGENT_UMASK": "8"})


def test_tables_come_from_the_environment_as_json(tmp_path: Path) -> None:
    config, _ = load(tmp_path, {"MAESTRO_AGENT_LIMITS": '{"shell": 4}'})
    assert config.agent_limits == {"shell": 4}


@pytest.mark.parametrize(
    "text, code, words",
    [
        ("maxSessions = 0", "config.invalid", "maxSessions"),
        ("maxSessions = 'many'", "config.invalid", "maxSessions"),
        ("maxSesions = 3", "config.invalid", "maxSesions"),
        ("maxSessions = ", "config.no_toml", "is not TOML"),
        ("\xff", "config.unreadable", "cannot be read"),
    ],
)
def test_a_mistake_in_the_file_names_file_and_setting(tmp_path: Path, text: str, code: str, words: str) -> None:
    (tmp_path / USER_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(BadConfiguration) as caught:
        load(tmp_path, {})
    assert caught.value.reason == code and caught.value.exit_code == 78
    assert str(tmp_path / USER_FILE) in caught.value.message and words in caught.value.message


@pytest.mark.parametrize(
    "text, words",
    [
        ('logLevel = "verbose"', "logLevel: unknown value 'verbose': choose debug, error, info or warning"),
        ('sessionsOnStop = "halt"', "sessionsOnStop: unknown value 'halt': choose keep or stop"),
        ('agentUmask = "9"', "agentUmask: Expected three octal digits, such as 022"),
        ('bridgeOrigins = ["https://a/b"]', "bridgeOrigins: Expected the origin of a web page"),
        ('remoteNames = ["a b"]', "remoteNames: Expected a host name"),
        ('bridgeAddress = "banana"', "bridgeAddress: must be an IP address such as 127.0.0.1, not 'banana'"),
        ('bridgeAddress = "0.0.0.0"', "bridgeAddress: 0.0.0.0 can be reached from other machines: use remoteAddress"),
        ('remoteAddress = "nope"', "remoteAddress: must be an IP address of this machine"),
        ('remoteAddress = "0.0.0.0"\ntlsKey = "/k"', "remoteAddress: tlsCertificate and tlsKey belong together"),
        ('[agents.claude]\nterminal = "external"', "terminal: unknown value 'external': choose pipe or pty"),
        ('[agents.claude]\nterminl = "pty"', "unknown field `terminl`; did you mean `terminal`?"),
        (
            '[agents.claude]\n[agents.mybot]\ndescripton = "x"',
            "config.toml: agents.mybot: unknown field `descripton`; did you mean `description`?",
        ),
        ('[agents.claude]\nterminal = "external"', "config.toml: agents.claude.terminal: unknown value 'external'"),
        ('[agentLimits]\nshell = "x"', "config.toml: agentLimits.shell: Expected"),
        ('[agents.claude]\nenv = ["A=b"]', "env[0]: Expected the name of an environment variable"),
    ],
)
def test_an_unusable_configuration_is_refused_at_reading_with_a_solution(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / USER_FILE).write_text(text + "\n")
    with pytest.raises(BadConfiguration) as caught:
        load(tmp_path, {})
    assert caught.value.exit_code == 78
    assert caught.value.message.startswith(f"{tmp_path / USER_FILE}: ") and words in caught.value.message
    assert "regex" not in caught.value.message and "$" not in caught.value.message


def test_files_that_nothing_reads_yet_are_a_warning(tmp_path: Path) -> None:
    config, _ = load(tmp_path, {"MAESTRO_TLS_CERTIFICATE": "/no/such.pem"})
    assert list(warnings(config)) == [
        "tlsCertificate and tlsKey belong together: set both or neither",
        "tlsCertificate: there is no file /no/such.pem",
    ]
    assert list(warnings(Config())) == []


@pytest.mark.parametrize("text", ["--5", "²", "9" * 5000])
def test_a_variable_that_only_resembles_a_number_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadConfiguration, match="MAESTRO_MAX_SESSIONS: maxSessions: Expected"):
        load(tmp_path, {"MAESTRO_MAX_SESSIONS": text})


@pytest.mark.parametrize(
    "name, words",
    [
        ("maxSession", "config.toml: there is no setting `maxSession`; did you mean `maxSessions`?"),
        ("max_sessions", "did you mean `maxSessions`?"),
        ("colour", "config.toml: there is no setting `colour`"),
    ],
)
def test_a_misspelt_setting_is_refused_with_the_nearest_name(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "config.toml").write_text(f"{name} = 3\n")
    with pytest.raises(BadConfiguration) as caught:
        load(tmp_path, {})
    assert caught.value.message.endswith(words)


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="MAESTRO_MAX_SESSIONS"):
        load(tmp_path, {"MAESTRO_MAX_SESSIONS": "many"})
    with pytest.raises(BadConfiguration, match="MAESTRO_AGENT_LIMITS"):
        load(tmp_path, {"MAESTRO_AGENT_LIMITS": "{torn"})
    with pytest.raises(BadConfiguration, match=r"MAESTRO_AGENT_LIMITS: .*`shell` appears twice"):
        load(tmp_path, {"MAESTRO_AGENT_LIMITS": '{"shell": 4, "shell": 5}'})


def test_settings_name_the_agents_they_describe(tmp_path: Path) -> None:
    config, _ = load(tmp_path, {"MAESTRO_AGENT_LIMITS": '{"codx": 4}', "MAESTRO_DEFAULT_AGENT": "shel"})
    assert agents_named(config) == {"defaultAgent": "shel", "agentLimits.codx": "codx"}


def test_an_empty_variable_is_ignored(tmp_path: Path) -> None:
    assert load(tmp_path, {"MAESTRO_MAX_SESSIONS": ""})[0] == Config()


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / USER_FILE).mkdir()
    with pytest.raises(BadConfiguration, match="cannot be read"):
        load(tmp_path, {})


NAMES = st.sampled_from([field.name for field in msgspec.structs.fields(Config)])


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_any_environment_is_accepted_or_refused_with_its_name(values: dict[str, str]) -> None:
    environ = {variable(name): text for name, text in values.items()}
    try:
        config, origins = load(Path("no-such-folder"), environ)
    except BadConfiguration as caught:
        refusal = caught
    else:
        assert msgspec.convert(msgspec.to_builtins(config), Config) == config
        assert {origin.origin for origin in origins} <= {"default", *environ}
        return
    assert any(name in refusal.message for name in environ)


def test_an_agent_has_its_own_table(tmp_path: Path) -> None:
    (tmp_path / USER_FILE).write_text(
        '[agents.aider]\ncommand = ["aider", "--message", "{prompt}"]\nenv = ["OPENAI_API_KEY"]\n'
    )
    own = load(tmp_path, {})[0].agents["aider"]
    assert (own.command, own.env, own.terminal) == (("aider", "--message", "{prompt}"), ("OPENAI_API_KEY",), None)


@pytest.mark.parametrize("line", ['env = ["A=secret"]', 'terminal = "window"', 'commandd = ["x"]'])
def test_a_mistake_in_an_agents_table_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / USER_FILE).write_text(f"[agents.claude]\n{line}\n")
    with pytest.raises(BadConfiguration, match="agents"):
        load(tmp_path, {})


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfmaxSessions = 3",
        b"maxSessions = 3\r\nlogLevel = 'debug'\r\n",
        b"\xef\xbb\xbf# \xc3\xbc\r\nmaxSessions = 3\r\n",
    ],
)
def test_a_file_saved_on_windows_is_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / USER_FILE).write_bytes(data)
    assert load(tmp_path, {})[0].max_sessions == 3


@pytest.mark.parametrize(
    "data, said",
    [("maxSessions = 3".encode("utf-16"), "it is UTF-16"), (b"logLevel = 'info'\n# \xfc", "line 2, byte 3 is 0xfc")],
)
def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / USER_FILE).write_bytes(data)
    with pytest.raises(BadConfiguration, match=rf"config\.toml cannot be read: {said}"):
        load(tmp_path, {})


def test_a_variable_that_is_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"MAESTRO_DEFAULT_AGENT is not UTF-8 text: Gr\\xfcn"):
        load(tmp_path, {"MAESTRO_DEFAULT_AGENT": "Gr\udcfcn"})


def test_a_pipe_or_device_in_place_of_the_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / USER_FILE)
    with pytest.raises(BadConfiguration, match="cannot be read: it is not a regular file"):
        load(tmp_path, {})
    (tmp_path / USER_FILE).unlink()
    (tmp_path / USER_FILE).symlink_to("/dev/zero")
    with pytest.raises(BadConfiguration, match="cannot be read: it is not a regular file"):
        load(tmp_path, {})


def test_the_configuration_reference_matches_the_settings() -> None:
    reference = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
    assert reference.read_text("utf-8") == page(), (
        "run: python -m tests.kit.pages.configuration > docs/configuration.md"
    )


def test_every_setting_says_what_it_is_for() -> None:
    settings = msgspec.json.schema(Config)["$defs"]["Config"]["properties"]
    assert [name for name, schema in settings.items() if not schema.get("description")] == []


def test_yes_and_no_in_the_environment_are_true_and_false(tmp_path: Path) -> None:
    assert load(tmp_path, {"MAESTRO_BRIDGE": "no", "MAESTRO_LIMIT_WAIT": "on"})[0] == Config(bridge=False)
