"""Workbooks made by other people's programs."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import openpyxl

xlwt: Any = import_module("xlwt")  # neither has types
odf: Any = import_module("odf.opendocument")
tables: Any = import_module("odf.table")
texts: Any = import_module("odf.text")

Sheets = Mapping[str, Sequence[Sequence[Any]]]


def xlsx(sheets: Sheets, *, hidden: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if name in hidden:
            sheet.sheet_state = "hidden"
    return _saved(book.save)


def xls(sheets: Sheets) -> bytes:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(line, column, value, *([day] if isinstance(value, dt.date) else []))
    return _saved(book.save)


def ods(sheets: Sheets) -> bytes:
    book = odf.OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        sheet = tables.Table(name=name)
        for row in rows:
            line = tables.TableRow()
            for value in row:
                line.addElement(_ods_cell(value))
            sheet.addElement(line)
        book.spreadsheet.addElement(sheet)
    return _saved(book.write)


def _ods_cell(value: object) -> Any:  # noqa: ANN401 - as above
    if value is None:
        return tables.TableCell()
    if isinstance(value, bool):
        return tables.TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, int | float):
        return tables.TableCell(valuetype="float", value=repr(value))
    if isinstance(value, dt.date):
        return tables.TableCell(valuetype="date", datevalue=value.isoformat())
    cell = tables.TableCell(valuetype="string")
    cell.addElement(texts.P(text=str(value)))
    return cell


def _saved(save: Any) -> bytes:  # noqa: ANN401 - each library has another type for a file
    content = io.BytesIO()
    save(content)
    return content.getvalue()
