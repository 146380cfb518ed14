"""Answers of services in the shapes that they document, with contents made up here."""

import json

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>ArXiv Query</title>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{count}</opensearch:totalResults>
  {entries}
</feed>"""

ENTRY = """<entry>
  <id>http://arxiv.org/abs/{number}v{version}</id>
  <published>{published}T10:00:00Z</published>
  <updated>{published}T10:00:00Z</updated>
  <title>{title}</title>
  <summary>  {abstract}
  </summary>
  <author><name>A. Nobody</name></author>
  {doi}
  <link href="http://arxiv.org/abs/{number}v{version}" rel="alternate" type="text/html"/>
  <link title="pdf" href="http://arxiv.org/pdf/{number}v{version}" rel="related"/>
</entry>"""

ABSTRACT = (
    "We study fused normalisation kernels. Fusing the norm with the multiplication reads each row "
    "once and is 12% faster on wide rows. The fused kernel also has lower latency."
)


def entry(
    number="2401.00001", version=1, title="Fused Norm Kernels", abstract=ABSTRACT,
    published="2024-01-02", doi="",
):  # fmt: skip
    tag = f'<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">{doi}</arxiv:doi>' if doi else ""
    return ENTRY.format(number=number, version=version, title=title, abstract=abstract,
                        published=published, doi=tag)  # fmt: skip


def atom(*entries):
    return ATOM.format(count=len(entries), entries="\n".join(entries)).encode()


def works(*found):
    return json.dumps({"meta": {"count": len(found)}, "results": list(found)}).encode()


def work(title="Fused Norm Kernels", abstract=ABSTRACT, published="2024-01-02", doi="", **more):
    index = {}
    for place, word in enumerate(abstract.split()):
        index.setdefault(word, []).append(place)
    return {
        "id": "https://openalex.org/W1", "doi": f"https://doi.org/{doi}" if doi else None,
        "title": title, "publication_date": published, "abstract_inverted_index": index,
        "is_retracted": False,
        "best_oa_location": {"landing_page_url": "http://arxiv.org/abs/2401.00001",
                             "license": "cc-by"},
        **more,
    }  # fmt: skip


def scholar(*found):
    return json.dumps({"total": len(found), "offset": 0, "data": list(found)}).encode()


def known(title="Fused norm kernels.", abstract=ABSTRACT, **ids):
    return {
        "paperId": "0123", "externalIds": ids, "url": "https://www.semanticscholar.org/paper/0123",
        "title": title, "abstract": abstract, "year": 2024, "publicationDate": "2024-01-02",
        "openAccessPdf": None,
    }  # fmt: skip


def issues(*items):
    return json.dumps({"total_count": len(items), "incomplete_results": False,
                       "items": list(items)}).encode()  # fmt: skip


def issue(number, title, body="", *, pull=True, merged="", state="open", created="2024-02-01"):
    item = {
        "number": number, "title": title, "body": body, "state": state,
        "html_url": f"https://github.com/o/n/{'pull' if pull else 'issues'}/{number}",
        "created_at": f"{created}T00:00:00Z", "closed_at": None,
        "labels": [{"name": "performance"}],
        "user": {"login": "nobody"},
    }  # fmt: skip
    if pull:
        item["pull_request"] = {"url": "x", "merged_at": f"{merged}T00:00:00Z" if merged else None}
    return item


def review(body, *, state="CHANGES_REQUESTED", at="2024-02-03", who="MEMBER", number=1):
    return {"id": number, "body": body, "state": state, "author_association": who,
            "submitted_at": f"{at}T00:00:00Z",
            "html_url": f"https://github.com/o/n/pull/7#pullrequestreview-{number}"}  # fmt: skip


def pdf(*lines):
    """A PDF with one page and these lines."""
    text = "BT /F1 12 Tf 72 720 Td " + " ".join(f"({line}) Tj 0 -16 Td" for line in lines) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += (
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    )
    return out
