"""What may be uploaded is told by ending and first bytes together."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gis.layers.services.uploads import LAYER_FILES
from grids.interest.api.member_imports import MEMBER_FILES
from grids.interest.services.photos import PHOTO_FILES
from grids.units.api.external_imports import EXTERNAL_FILES
from grids.units.api.sports_bodies import BODY_FILES
from instructors.assignment.api.need_imports import NEED_FILES
from instructors.people.services.import_files import REGISTER_FILES
from wangge.errors import RuleBroken
from wangge.kernel.uploads import Content, Purpose, check_upload, content_of


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (b"PK\x03\x04rest", Content.ZIP),
        (b"SQLite format 3\0", Content.SQLITE),
        (b"fgb\x03fgb", Content.FLATGEOBUF),
        (b'\xef\xbb\xbf  {"type": 1}', Content.JSON),
        (b"<?xml version='1.0'?><kml>", Content.XML),
        ("名称,户数\n甲,3".encode("gbk"), Content.TEXT),
        ("名称,户数".encode("utf-16"), Content.TEXT),
        (b"", Content.TEXT),
        (b"MZ\x90", None),
        (b"\x7fELF", None),
        (b"#!/bin/sh", None),
        (b"%PDF-1.7", None),
        (b"\x89PNG\r\n\x1a\n\0\0", Content.PNG),
        (b"\xff\xd8\xff\xe1", Content.JPEG),
        (b"\x89PNG", None),
        (b"GIF89a", None),
        (b"Rar!", None),
        (b"\xd0\xcf\x11\xe0", None),
        (b"  <!DOCTYPE html><p>", None),
        (b"<svg onload=x>", None),
        (b"<?php", None),
        (b"a,b\0c", None),
    ],
)
def test_first_bytes_tell_what_a_file_is(head: bytes, content: Content | None) -> None:
    assert content_of(head) is content


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("楼.CSV", b"a,b\n1,2"),
        ("a.csv", b"PK\x03\x04"),
        ("x.geojson", b"{}"),
        ("../../x.gpkg", b"SQLite format 3\0"),
    ],
)
def test_what_fits_is_let_in_and_left_at_its_start(name: str, body: bytes) -> None:
    upload = SimpleUploadedFile(name, body)
    check_upload(upload, LAYER_FILES)
    assert upload.read() == body


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.gpkg", b"MZ\x90\0"),
        ("a.geojson", b"SQLite format 3\0"),
        ("a.html", b"<html>"),
        ("a.csv", b"<script>alert(1)</script>"),
        ("a.exe", b"a,b"),
        ("a", b"a,b"),
        ("a.csv.php", b"a,b"),
        ("a.zip\\..\\x", b"PK\x03\x04"),
        ("a.xls", b"\xd0\xcf\x11\xe0"),
        ("a.csv", b"\xff\xd8\xff\xe0"),
        ("a.jpg", b"\xff\xd8\xff\xe0"),
    ],
)
def test_what_does_not_fit_is_415_and_says_what_does(name: str, body: bytes) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_upload(SimpleUploadedFile(name, body), LAYER_FILES)
    assert (refused.value.status, refused.value.code) == (415, "UPLOAD_TYPE")
    assert ".gpkg" in refused.value.how_to_fix_zh and ".gpkg" in refused.value.how_to_fix_en


@pytest.mark.parametrize(
    ("purpose", "told", "untold"),
    [
        (LAYER_FILES, ("RAR", "XLS 请另存为 XLSX", "DWG"), ("照片",)),
        (REGISTER_FILES, ("XLS 请另存为 XLSX",), ("RAR", "DWG", "GeoPackage", "照片")),
        (MEMBER_FILES, ("XLS 请另存为 XLSX",), ("RAR", "DWG", "GeoPackage", "照片")),
        (NEED_FILES, ("XLS 请另存为 XLSX",), ("RAR", "DWG", "GeoPackage", "照片")),
        (BODY_FILES, ("XLS 请另存为 XLSX",), ("RAR", "DWG", "GeoPackage", "照片")),
        (EXTERNAL_FILES, ("XLS 请另存为 XLSX",), ("RAR", "DWG", "GeoPackage", "照片")),
        (PHOTO_FILES, ("转成 JPG",), ("RAR", "DWG", "XLS", "GeoPackage")),
    ],
)
def test_the_way_out_is_of_what_this_place_takes(
    purpose: Purpose, told: tuple[str, ...], untold: tuple[str, ...]
) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_upload(SimpleUploadedFile("名单.gif", b"GIF89a"), purpose)
    said = refused.value.how_to_fix_zh
    assert all(word in said for word in told), said
    assert not [word for word in untold if word in said + refused.value.how_to_fix_en]
