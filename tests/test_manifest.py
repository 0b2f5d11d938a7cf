"""The files beside the code agree with it and with each other, as hassfest would have it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import selector
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component

import custom_components.batti
from custom_components.batti.config_flow import BattiConfigFlow
from custom_components.batti.const import BUNDLED_MODEL, DOMAIN, MODELS, Source
from custom_components.batti.error_texts import ENGINE_FAILED, TRANSLATION_KEYS
from custom_components.batti.forms import REPOSITORY_FORM, SERVER_FORM, file_form, options_form
from custom_components.batti.interpreter.engine.interface import EngineState
from custom_components.batti.issues import KINDS, OF_MODELS
from custom_components.batti.repairs import EngineFlow, ModelFlow
from custom_components.batti.sensor import SENSORS

HERE = Path(custom_components.batti.__file__).parent
LANGUAGES = sorted(path.stem for path in (HERE / "translations").glob("*.json"))
RULES = """
    action-setup appropriate-polling brands common-modules config-flow-test-coverage config-flow dependency-transparency
    docs-actions docs-conditions docs-high-level-description docs-installation-instructions docs-removal-instructions
    docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data test-before-configure
    test-before-setup unique-config-entry
    action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
    entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage
    devices diagnostics discovery-update-info discovery docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices entity-category
    entity-device-class entity-disabled-by-default entity-translations exception-translations icon-translations
    reconfiguration-flow repair-issues stale-devices
    async-dependency inject-websession strict-typing
""".split()


def load(name: str) -> Any:
    text = (HERE / name).read_text("utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


def leaves(tree: dict[str, Any], above: str = "") -> dict[str, str]:
    """The texts of a translation file by their path."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        path = f"{above}.{key}" if above else key
        found |= leaves(value, path) if isinstance(value, dict) else {path: value}
    return found


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_manifest() -> None:
    manifest = load("manifest.json")
    keys = list(manifest)
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    assert manifest["domain"] == DOMAIN == HERE.name
    assert manifest["config_flow"] is True
    assert manifest["dependencies"] == ["conversation"]
    assert (manifest["integration_type"], manifest["iot_class"]) == ("service", "calculated")
    # The engine is prepared by itself: as a requirement it would stop the loading where it cannot be had. Home Assistant has
    # numpy already wherever it came in a container.
    assert manifest["requirements"] == ["numpy>=2.0", "RapidFuzz>=3.10"]
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    project = (HERE.parents[1] / "pyproject.toml").read_text("utf-8")
    assert f'version = "{manifest["version"]}"' in project


async def test_home_assistant_takes_the_manifest(hass: HomeAssistant) -> None:
    integration = await async_get_integration(hass, DOMAIN)
    assert integration.version == load("manifest.json")["version"]
    assert not integration.is_built_in


def test_the_bundled_model_is_there_with_its_card() -> None:
    assert (MODELS / BUNDLED_MODEL).read_bytes()[:4] == b"GGUF"
    assert list(MODELS.glob("*.md"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_placeholders(language: str) -> None:
    english, other = (leaves(load(f"translations/{code}.json")) for code in ("en", language))
    assert english.keys() == other.keys()
    for path, text in other.items():
        assert text.strip() == text != "", path
        assert placeholders(text) == placeholders(english[path]), path
        assert "[%key:" not in text, f"{path}: custom integrations hold the text itself"
        if language == "ne" and path != "title":
            assert re.search("[\u0900-\u097f]", text), f"{path} is not in Nepali"


def steps_of(flow: type) -> set[str]:
    return {name.removeprefix("async_step_") for name in vars(flow) if name.startswith("async_step_")}


def test_the_config_flow_s_texts() -> None:
    config = load("translations/en.json")["config"]
    working = config["progress"].keys()
    assert config["step"].keys() | working == steps_of(BattiConfigFlow) - {
        "failed",
        "finish",
    }  # these show no form of their own
    for menu in (config["step"]["user"], config["step"]["reconfigure"]):
        assert menu["menu_options"].keys() == menu["menu_option_descriptions"].keys() == set(Source)
    refused = set(re.findall(r'FileRefused\("(\w+)"', (HERE / "model_files.py").read_text("utf-8")))
    assert config["error"].keys() == {*TRANSLATION_KEYS.values(), ENGINE_FAILED, *refused}
    assert config["abort"].keys() == {"already_configured", "reconfigure_successful"}
    for step, form in (("hugging_face", REPOSITORY_FORM), ("server", SERVER_FORM), ("file", file_form([]))):
        assert (
            config["step"][step]["data"].keys() == config["step"][step]["data_description"].keys() == set(form.schema)
        )


def test_the_options_texts() -> None:
    init = load("translations/en.json")["options"]["step"]["init"]
    assert init["data"].keys() == init["data_description"].keys() == set(options_form(Source.BUNDLED).schema)
    assert set(options_form(Source.SERVER).schema) < init["data"].keys()


def test_the_issues_texts() -> None:
    issues = load("translations/en.json")["issues"]
    assert issues.keys() == set(KINDS)
    for kind, texts in issues.items():
        flow = texts["fix_flow"]
        if kind in OF_MODELS:
            assert flow["step"].keys() == {"init"}
            assert flow["step"]["init"]["menu_options"].keys() == steps_of(ModelFlow) - {"init"}
            assert flow["abort"].keys() == {"still_failing"}
        else:
            assert flow["step"].keys() | flow["progress"].keys() == steps_of(EngineFlow) - {"init", "done"}
            assert flow["error"].keys() == {"still_failing"}


async def test_the_entities_texts_and_icons() -> None:
    texts, icons = load("translations/en.json")["entity"]["sensor"], load("icons.json")["entity"]["sensor"]
    assert texts.keys() == icons.keys() == {description.translation_key for description in SENSORS}
    assert texts["model_state"]["state"].keys() == set(EngineState)
    assert icons["model_state"]["state"].keys() < set(EngineState)


def test_every_exception_that_is_raised_has_a_text() -> None:
    exceptions = load("translations/en.json")["exceptions"].keys()
    code = "\n".join(path.read_text("utf-8") for path in HERE.glob("*.py"))
    raised = set(re.findall(r'translation_domain=DOMAIN, translation_key="(\w+)"', code))
    assert exceptions == {*TRANSLATION_KEYS.values(), ENGINE_FAILED, *raised}


async def test_actions_are_described_in_every_file(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, DOMAIN, {})
    registered = hass.services.async_services()[DOMAIN].keys()
    described, texts = load("services.yaml"), load("translations/en.json")["services"]
    assert registered == described.keys() == texts.keys() == load("icons.json")["services"].keys()
    for name, action in described.items():
        schema = hass.services.async_services()[DOMAIN][name].schema
        assert schema is not None
        fields = {str(key) for key in schema.schema}
        assert fields == action["fields"].keys() == texts[name]["fields"].keys()
        for field in action["fields"].values():
            selector.validate_selector(field["selector"])
        assert all({"name", "description"} <= text.keys() for text in (texts[name], *texts[name]["fields"].values()))
        cv.icon(load("icons.json")["services"][name]["service"])


def test_quality_scale() -> None:
    rules = load("quality_scale.yaml")["rules"]
    assert list(rules) == RULES
    for rule, state in rules.items():
        if isinstance(state, dict):
            assert state["status"] in ("done", "exempt", "todo"), rule
            assert state["status"] != "exempt" or state["comment"], rule
        else:
            assert state in ("done", "todo"), rule
