"""Links say the whole selection, in one way only."""

from urllib.parse import parse_qs, unquote

from layers.links import list_link, map_link


def test_a_map_link_says_layer_filters_region_and_theme():
    link = map_link(
        "enterprises", filters={"status": "closed", "tags": "dust", "scale": ""}, region="370523", theme="risk"
    )
    assert (
        link == "/#layers=enterprises&region=370523&theme=enterprises:risk&f=enterprises:status%3Dclosed%26tags%3Ddust"
    )
    assert unquote(parse_qs(link.split("#")[1])["f"][0]) == "enterprises:status=closed&tags=dust"


def test_equal_filters_make_equal_links():
    one = map_link("enterprises", filters="tags=dust&status=closed")
    assert one == map_link("enterprises", filters={"status": "closed", "tags": "dust"})


def test_a_value_with_signs_of_the_grammar_stays_one_value():
    link = map_link("enterprises", filters={"industry_code": "a&b=c:d"}, sel="7")
    hashed = parse_qs(link.split("#")[1])
    assert hashed["sel"] == ["enterprises:7"]
    assert parse_qs(hashed["f"][0].split(":", 1)[1]) == {"industry_code": ["a&b=c:d"]}


def test_a_list_link_has_the_same_filters(client):
    assert list_link("enterprises", "enterprises", {"status": "closed"}, "370523") == (
        "/enterprises/enterprises/?status=closed&region=370523"
    )
    assert list_link("enterprises", "enterprises") == "/enterprises/enterprises/"
