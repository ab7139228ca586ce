import gzip

GZIP = {"accept-encoding": "gzip"}


def test_a_page_is_compressed_for_who_can_read_that(pages, owner):
    client = pages(owner)

    packed, plain = client.get("/today/", headers=GZIP), client.get("/today/")

    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert "Content-Encoding" not in plain
    assert b"<h1" in plain.content
    assert b"<h1" in gzip.decompress(packed.content)
    assert len(packed.content) < len(plain.content) / 2


def test_the_answers_of_the_api_are_not(api, owner, make_todo):
    for number in range(20):
        make_todo(f"Todo {number}")

    response = api(owner).get("/api/v1/todos/", headers=GZIP)

    assert "Content-Encoding" not in response
    assert len(response.json()["results"]) == 20
