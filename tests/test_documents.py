import io
import zipfile

import pytest

from geomap.articles import read_articles, without_copies
from geomap.documents import feed_links, read_document
from geomap.errors import ArticleError
from geomap.model import Article

TEXT = "Floods hit Larkana on Monday, killing 40 people, officials said."
RSS = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Daily</title>
<item><title>Floods</title><link>https://example.org/a</link><pubDate>Tue, 04 Oct 2022 10:00:00 GMT</pubDate><description>&lt;p&gt;{TEXT}&lt;/p&gt;&lt;p&gt;More.&lt;/p&gt;</description></item>
<item><title>Evil</title><link>file:///etc/passwd</link><description>x</description></item></channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry><id>urn:1</id><title>Floods</title><updated>2022-10-04T00:00:00Z</updated>
<link href="https://example.org/b"/><content type="html">{TEXT}</content></entry></feed>"""
MAIL = f"From: desk@example.org\r\nSubject: Floods\r\nDate: Tue, 04 Oct 2022 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\r\n"
PAGE = f"<html><head><title>Floods</title><meta property='article:published_time' content='2022-10-04'></head><body><article><h1>Floods</h1><p>{TEXT}</p><p>{TEXT * 4}</p></article></body></html>"


def one(data, name):
    (article,) = read_document(data if isinstance(data, bytes) else data.encode(), name)
    return article


def docx_file():
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.core_properties.title = "Floods"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf_file():
    """A one-page PDF with one line of text, written by hand."""
    stream = f"BT /F1 12 Tf 20 700 Td ({TEXT}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream), b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, 2)
    spots = []
    for n, body in enumerate(objects, 1):
        spots.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (n, body))
    start = out.tell()
    out.write(b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % s for s in spots) + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start)
    return out.getvalue()


def warc_file():
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    writer.write_record(writer.create_warc_record("https://example.org/a", "response", payload=io.BytesIO(PAGE.encode()), http_headers=headers))
    return out.getvalue()


@pytest.mark.parametrize(("data", "name", "published"), [
    (ATOM, "feed.xml", "2022-10-04"), (MAIL, "a.eml", "2022-10-04"), (PAGE, "a.html", "2022-10-04"), (PAGE, "no-suffix", "2022-10-04"),
    (docx_file(), "a.docx", None), (pdf_file(), "a.pdf", None), (warc_file(), "a.warc.gz", "2022-10-04"),
])
def test_formats(data, name, published):
    article = one(data, name)
    assert TEXT in " ".join(article.text.split()) and article.published == published


def test_a_feed_has_an_article_an_entry_and_its_links():
    first, second = read_document(RSS.encode(), "feed.rss")
    assert (first.title, first.published, first.source, first.url) == ("Floods", "2022-10-04", "The Daily", "https://example.org/a")
    assert TEXT in first.text and "<p>" not in first.text and second.title == "Evil"
    assert feed_links(RSS.encode()) == [("https://example.org/a", "2022-10-04")]


def test_a_zip_gives_its_documents_and_names_the_bad_ones(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("../../etc/b.txt", TEXT)
        packed.writestr("a.docx", b"no docx")
        packed.writestr("c.exe", b"MZ")
        packed.writestr("d.jsonl", '{"id": "j", "text": "Talks were held."}')
    said = []
    found = list(read_articles([str(tmp_path / "a.zip")], skip=said.append))
    assert [a.id for a in found] == ["a.zip/b.txt", "j"] and [p.name for p in tmp_path.iterdir()] == ["a.zip"]
    assert len(said) == 1 and "a.docx" in said[0].name and "not a readable .docx" in said[0].reason


def test_a_zip_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for i in range(3):
            packed.writestr(f"{i}.txt", b"a" * 100_000_000)
    said = []
    assert list(read_articles([str(tmp_path / "a.zip")], skip=said.append)) == [] and "holds more than" in said[0].reason


def test_columns_may_be_named():
    table = f"Head,Body,When\nFloods,{TEXT.replace(',', '')},2022-10-04\n"
    with pytest.raises(ArticleError, match="--columns text=NAME"):
        list(read_document(table.replace("Body", "Stuff").encode(), "a.csv"))
    (article,) = read_document(table.encode(), "a.csv", {"text": "Body", "title": "Head", "published": "When"})
    assert (article.title, article.published) == ("Floods", "2022-10-04") and article.text.startswith("Floods hit")


def test_entities_of_xml_are_not_expanded():
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&b;&f;</title></item></channel></rss>'
    try:
        texts = [a.text for a in read_document(bomb.encode(), "a.xml")]
    except ArticleError:
        texts = []
    assert not any("root:" in t or "aaaaaaaaaaaaaaaaaaaa" in t for t in texts)


def test_copies_become_one_article_with_several_sources(gazetteer):
    from geomap.frame import to_geodataframe
    from geomap.pipeline import extract

    body = " ".join(f"{TEXT} The river rose by {i} metres near the old bridge of the town." for i in range(30))
    articles = without_copies([
        Article("a", body, source="AP", published="2022-10-04"), Article("b", body + "\n", source="BBC"), Article("c", body.replace("old bridge", "bridge", 1), source="Dawn"),
        Article("d", "Talks were held in Geneva on Sunday between the two sides, who agreed on nothing.", source="AFP", published="2022-10-04"),
    ])
    assert [(a.id, [c.id for c in a.copies]) for a in articles] == [("a", ["b", "c"]), ("d", [])]
    frame = to_geodataframe(extract(articles, gazetteer), articles, gazetteer)
    flood = frame[frame.event_type == "disaster"].iloc[0]
    assert flood.n_articles == 1 and all(name in flood.sources for name in ("AP", "BBC", "Dawn"))
