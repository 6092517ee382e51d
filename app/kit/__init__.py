"""What a provider may use: calls and replies, pages, records, ways to sign, SOAP, GraphQL. A public surface for plug-ins.

A client is thin: `await send(self.http, orders_request(...), auth=self.auth, errors=vendor_errors)` and a pure parser.
"""

from app.formats.xml import Element, child, children, descendant, local_name, parse_xml, text_of
from app.http.lib import httpx
from app.kit.auth import BasicAuth, HeaderAuth, MemoryTokens, OAuth1Auth, TokenAuth, bearer, in_header, oauth1_url
from app.kit.calls import (
    Call,
    Classifier,
    Reply,
    decode_json,
    encode_json,
    field_message,
    http_errors,
    json_call,
    looks_like_html,
    retry_after,
    segment,
    send,
)
from app.kit.fields import maybe, named, read_lenient, tracking_number
from app.kit.folders import FileInfo, Folder, LocalFolder, opened, sub_path
from app.kit.graphql import GraphQLErrorItem, as_message, graphql_call, graphql_errors
from app.kit.oauth_refresh import RefreshAuth, refreshing
from app.kit.outcomes import each_alone
from app.kit.pages import Following, pages, with_params
from app.kit.places import known, phone_text, with_quarter
from app.kit.records import plausible, read_records, reject
from app.kit.sftp import SftpPlace, pinned, sftp_folder
from app.kit.sheets import (
    Cell,
    Grid,
    Sheet,
    Why,
    cell_name,
    ean_ok,
    read_grids,
    read_number,
    read_whole,
    sheet_template,
    text_cell,
    write_csv,
    xlsx_bytes,
)
from app.kit.soap import Node, read_xml, soap_body, soap_call, soap_errors, xml_bytes

__all__ = [
    "BasicAuth", "Call", "Cell", "Classifier", "Element", "FileInfo", "Folder", "Following", "GraphQLErrorItem", "Grid",
    "HeaderAuth", "LocalFolder", "MemoryTokens", "Node", "OAuth1Auth", "RefreshAuth", "Reply", "SftpPlace", "Sheet",
    "TokenAuth", "Why", "as_message", "bearer", "cell_name", "child", "children", "decode_json", "descendant", "each_alone",
    "ean_ok", "encode_json", "field_message", "graphql_call", "graphql_errors", "http_errors", "httpx", "in_header", "json_call",
    "known", "local_name", "looks_like_html", "maybe", "named", "oauth1_url", "opened", "pages", "parse_xml", "phone_text",
    "pinned", "plausible", "read_grids", "read_lenient", "read_number", "read_records", "read_whole", "read_xml", "refreshing",
    "reject", "retry_after", "segment", "send", "sftp_folder", "sheet_template", "soap_body", "soap_call",
    "soap_errors", "sub_path", "text_cell", "text_of", "tracking_number", "with_params", "with_quarter",
    "write_csv", "xlsx_bytes", "xml_bytes",
]  # fmt: skip
