"""Creating cities, the hosts they answer at, and dropping them."""

from __future__ import annotations

import logging

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg import sql

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.registry.models import City, Domain
from tenants.registry.rules.city_name import check_host, check_slug, schema_of
from tenants.registry.services.backups import put_backups_aside
from tenants.registry.services.files import put_folder_aside, remove_folder
from tenants.registry.services.queue import drop_jobs
from tenants.registry.services.stamp import stamp_schema
from wangge.errors import RuleBroken, not_found
from wangge.kernel.database.base import city_role

log = logging.getLogger(__name__)
_STILL_NEEDED = "2BP01"


def _taken(what: str, value: str) -> RuleBroken:
    return RuleBroken(
        "CITY_EXISTS",
        zh=f"{value} 已被其他城市使用",
        en=f"{value} is taken by another city",
        status=409,
        field=what,
        how_to_fix_zh="请换一个简称或域名",
        how_to_fix_en="choose another short name or host",
    )


@transaction.atomic
def create_city(
    *,
    slug: str,
    name: str,
    division_code: str,
    gauss_kruger_epsg: int,
    hosts: list[str],
    acting_user: User | None,
    data_label: str = "",
) -> City:
    """Stamp a new city with its schema, role and domains; nothing of it remains when any step fails.

    Raises 422 CITY_SLUG or CITY_HOST, 409 CITY_EXISTS. The first host is the primary one.
    """
    city = add_city(
        slug=slug,
        name=name,
        division_code=division_code,
        gauss_kruger_epsg=gauss_kruger_epsg,
        hosts=hosts,
        data_label=data_label,
    )
    stamp_schema(city.schema_name)
    # A machine that died after an earlier city of that name was dropped, and before its files were, left them there.
    put_folder_aside(city.schema_name)
    transaction.on_commit(lambda: put_backups_aside(slug))
    after = {"slug": slug, "schema": city.schema_name, "name": name, "hosts": hosts}
    record_audit(acting_user=acting_user, action="city.create", subject=city, after=after)
    return city


def add_city(
    *, slug: str, name: str, division_code: str, gauss_kruger_epsg: int, hosts: list[str], data_label: str
) -> City:
    """The registry's rows of a city whose schema comes in the same transaction; the first host is the primary one."""
    check_slug(slug)
    for host in hosts:
        check_host(host)
    try:
        with transaction.atomic():
            city: City = City.objects.create(
                slug=slug,
                name=name,
                schema_name=schema_of(slug),
                division_code=division_code,
                gauss_kruger_epsg=gauss_kruger_epsg,
                data_label=data_label,
            )
    except (
        IntegrityError,
        ValidationError,
    ) as exc:  # django-tenants looks first; a race is left to the constraint
        raise _taken("slug", slug) from exc
    for position, host in enumerate(hosts):
        _insert_domain(city, host, is_primary=position == 0)
    return city


def _insert_domain(city: City, host: str, *, is_primary: bool) -> Domain:
    try:
        with transaction.atomic():
            domain: Domain = Domain.objects.create(tenant=city, domain=host, is_primary=is_primary)
            return domain
    except IntegrityError as exc:
        raise _taken("hosts", host) from exc


@transaction.atomic
def add_domain(*, city: City, host: str, is_primary: bool = False, acting_user: User | None) -> Domain:
    """Let the city answer at one more host; 422 CITY_HOST, 409 CITY_EXISTS when it is taken.

    A primary host takes that place from the one that had it.
    """
    check_host(host)
    domain = _insert_domain(city, host, is_primary=is_primary)
    record_audit(
        acting_user=acting_user,
        action="city.add_domain",
        subject=city,
        after={"host": host, "is_primary": is_primary},
    )
    return domain


@transaction.atomic
def rename_domain(*, city: City, old_host: str, new_host: str, acting_user: User | None) -> Domain:
    """Let the city answer at another host instead; 404 for a host it has not, 422 CITY_HOST, 409 CITY_EXISTS."""
    check_host(new_host)
    domain = _domain_for_update(city, old_host)
    try:
        with transaction.atomic():
            Domain.objects.filter(pk=domain.pk).update(domain=new_host)
    except IntegrityError as exc:
        raise _taken("hosts", new_host) from exc
    record_audit(
        acting_user=acting_user,
        action="city.rename_domain",
        subject=city,
        before={"host": old_host},
        after={"host": new_host},
    )
    domain.domain = new_host
    return domain


@transaction.atomic
def make_primary_domain(*, city: City, host: str, acting_user: User | None) -> Domain:
    """Let this host of the city be the one that is told to people; 404 for a host it has not."""
    domain = _domain_for_update(city, host)
    before = Domain.objects.filter(tenant=city, is_primary=True).values_list("domain", flat=True).first()
    domain.is_primary = True
    domain.save()  # django-tenants takes the place from the one that had it
    record_audit(
        acting_user=acting_user,
        action="city.make_primary_domain",
        subject=city,
        before={"host": before},
        after={"host": host},
    )
    return domain


@transaction.atomic
def remove_domain(*, city: City, host: str, acting_user: User | None) -> None:
    """Let the city no longer answer at this host; 404 for a host it has not, 409 LAST_HOST for the only one.

    When the primary host goes, the oldest of the others takes its place.
    """
    domain = _domain_for_update(city, host)
    others = Domain.objects.filter(tenant=city).exclude(pk=domain.pk).order_by("id")
    if not others:
        raise RuleBroken(
            "LAST_HOST",
            zh=f"{host} 是该城市唯一的域名，不能删除",
            en=f"{host} is the only host of this city and cannot be removed",
            status=409,
            field="host",
            how_to_fix_zh="请先添加另一个域名，或改名",
            how_to_fix_en="add another host first, or rename this one",
        )
    if domain.is_primary:
        Domain.objects.filter(pk=others[0].pk).update(is_primary=True)
    domain.delete()
    record_audit(acting_user=acting_user, action="city.remove_domain", subject=city, before={"host": host})


def _domain_for_update(city: City, host: str) -> Domain:
    """A host of the city; all its hosts are locked, so that of two removals the second sees the first."""
    City.objects.select_for_update().get(pk=city.pk)
    found: Domain | None = Domain.objects.filter(tenant=city, domain=host).first()
    if found is None:
        raise not_found("域名", "host")
    return found


@transaction.atomic
def drop_city(*, city: City, acting_user: User | None) -> None:
    """Drop the city's schema, role, registry rows, waiting jobs and files; who calls has asked for the typed name.

    The files go once the transaction has committed.
    """
    schema, role = city.schema_name, city_role(city.schema_name)
    before = {"slug": city.slug, "schema": schema}
    record_audit(acting_user=acting_user, action="city.drop", subject=city, before=before)
    drop_jobs(schema)
    Domain.objects.filter(tenant=city).delete()
    City.objects.filter(pk=city.pk).delete()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    _drop_role(role)
    transaction.on_commit(lambda: remove_folder(schema))


def _drop_role(role: str) -> None:
    """Roles are the server's, not the database's: one that a copy of this database still needs is left there."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
    except DatabaseError as exc:
        if getattr(exc.__cause__, "sqlstate", None) != _STILL_NEEDED:
            raise
        log.warning("role %s stays: another database of this server needs it", role)
