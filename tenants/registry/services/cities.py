"""Creating, renaming and dropping cities."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.registry.models import City, Domain
from tenants.registry.rules.city_name import check_host, check_slug, schema_of
from tenants.registry.services.stamp import stamp_schema
from wangge.errors import RuleBroken
from wangge.kernel.database.base import city_role


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
        add_domain(city=city, host=host, is_primary=position == 0)
    stamp_schema(city.schema_name)
    after = {"slug": slug, "name": name, "hosts": hosts}
    record_audit(acting_user=acting_user, action="city.create", subject=city, after=after)
    return city


def add_domain(*, city: City, host: str, is_primary: bool) -> Domain:
    """Let the city answer at one more host; 409 CITY_EXISTS when it is taken."""
    try:
        with transaction.atomic():
            domain: Domain = Domain.objects.create(tenant=city, domain=host, is_primary=is_primary)
            return domain
    except IntegrityError as exc:
        raise _taken("hosts", host) from exc


@transaction.atomic
def rename_domain(*, city: City, old_host: str, new_host: str, acting_user: User | None) -> None:
    """Let the city answer at another host instead."""
    check_host(new_host)
    if Domain.objects.filter(domain=new_host).exclude(domain=old_host).exists():
        raise _taken("hosts", new_host)
    Domain.objects.filter(tenant=city, domain=old_host).update(domain=new_host)
    record_audit(
        acting_user=acting_user,
        action="city.rename_domain",
        subject=city,
        before={"host": old_host},
        after={"host": new_host},
    )


@transaction.atomic
def drop_city(*, city: City, acting_user: User | None) -> None:
    """Drop the city's schema, role and registry rows; the caller has asked for the typed confirmation."""
    record_audit(acting_user=acting_user, action="city.drop", subject=city, before={"slug": city.slug})
    schema, role = city.schema_name, city_role(city.schema_name)
    Domain.objects.filter(tenant=city).delete()
    City.objects.filter(pk=city.pk).delete()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
