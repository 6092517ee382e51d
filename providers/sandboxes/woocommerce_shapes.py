"""Orders, products and variations as wc/v3 writes them: money as strings, `date_x` in the site's time, `date_x_gmt` in UTC.

Source: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", "Order fields", "Products", "Quirks" and the example.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.exact import slug
from providers.sandboxes.woocommerce_state import Line, Order, Product, Site, Term
from providers.sandboxes.woocommerce_terms import UNCATEGORISED
from providers.sandboxes.woocommerce_wire import bare, dates, money


def order_row(site: Site, order: Order, dp: int = 2) -> dict[str, Any]:
    """Line `price` and `total` are without VAT. `dp` is the number of decimals of the money strings."""
    cart_tax = sum(line.tax for line in order.lines)
    row: dict[str, Any] = {
        "id": order.id,
        "parent_id": 0,
        "number": str(order.id),
        "status": order.status,
        "currency": "TRY",
        **dates("date_created", order.created),
        **dates("date_modified", order.modified),
        "discount_total": money(0, dp),
        "discount_tax": money(0, dp),
        "shipping_total": money(order.shipping, dp),
        "shipping_tax": money(order.shipping_tax, dp),
        "cart_tax": money(cart_tax, dp),
        "total": money(order.total, dp),
        "total_tax": money(cart_tax + order.shipping_tax, dp),
        "prices_include_tax": True,
        "customer_id": order.customer,
        "customer_note": order.customer_note,
        "billing": _billing(order),
        "shipping": _delivery(order),
        "payment_method": order.method[0],
        "payment_method_title": order.method[1],
        "transaction_id": order.transaction,
        **dates("date_paid", order.paid),
        **dates("date_completed", order.completed),
        "meta_data": order.meta,
        "line_items": [_line(site, line, dp) for line in order.lines],
        "tax_lines": [
            {
                "id": order.id * 10, "rate_code": "TR-KDV-1", "rate_id": 1, "label": "KDV", "compound": False,
                "tax_total": money(cart_tax, dp), "shipping_tax_total": money(order.shipping_tax, dp),
            }
        ],
        "shipping_lines": [
            {
                "id": order.id * 10 + 1, "method_id": "flat_rate" if order.shipping else "free_shipping",
                "method_title": "Kargo", "total": money(order.shipping, dp), "total_tax": money(order.shipping_tax, dp),
            }
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [
            {"id": one["id"], "reason": one["reason"], "total": "-" + money(one["kurus"], dp)} for one in order.refunds
        ],
    }  # fmt: skip
    if order.damaged:
        row["line_items"] = "bozuk"
    return row


def _delivery(order: Order) -> dict[str, str]:
    buyer = order.buyer
    return {
        "first_name": buyer.first, "last_name": buyer.last, "company": "", "address_1": buyer.street, "address_2": "",
        "city": buyer.district, "state": buyer.state, "postcode": buyer.postcode, "country": "TR", "phone": "",
    } | order.delivery  # fmt: skip


def _billing(order: Order) -> dict[str, str]:
    buyer = order.buyer
    return {
        "first_name": buyer.first, "last_name": buyer.last, "company": "", "address_1": buyer.street, "address_2": "",
        "city": buyer.district, "state": buyer.state, "postcode": buyer.postcode, "country": "TR",
        "email": buyer.email, "phone": buyer.phone,
    } | order.billing  # fmt: skip


def _line(site: Site, line: Line, dp: int) -> dict[str, Any]:
    net = line.unit * line.quantity
    price: Any = money(line.unit, dp)
    if site.on("line_price_number"):
        price = bare(money(line.unit))  # the attribute table says string, the vendor's example shows a number
    return {
        "id": line.id, "name": line.name, "product_id": line.product, "variation_id": line.variation,
        "quantity": line.quantity, "tax_class": "", "subtotal": money(net, dp), "subtotal_tax": money(line.tax, dp),
        "total": money(net, dp), "total_tax": money(line.tax, dp),
        "taxes": [{"id": 1, "total": money(line.tax, dp), "subtotal": money(line.tax, dp)}],
        "meta_data": [], "sku": line.sku, "price": price,
    }  # fmt: skip


def _text(kurus: int | None) -> str:
    return "" if kurus is None else money(kurus)


def _image(one: dict[str, Any]) -> dict[str, Any]:
    """A picture that was fetched is the shop's own from then on."""
    name = one["src"].rsplit("/", 1)[-1]
    return {
        "id": one["id"],
        "src": f"https://shop.example.invalid/wp-content/uploads/2026/11/{one['id']}-{name}",
        "name": name,
        "alt": "",
    }


def _term(one: Term) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "slug": one.slug}


def _sizes(site: Site, product: Product) -> list[dict[str, Any]]:
    sizes = [site.products[number].size for number in product.children if site.products[number].size]
    return (
        [{"id": 0, "name": "Beden", "position": 0, "visible": True, "variation": True, "options": sizes}]
        if sizes
        else []
    )


def product_row(site: Site, product: Product) -> dict[str, Any]:
    now = site.now()
    price = product.price(now)
    row: dict[str, Any] = {
        "id": product.id, "name": product.name, "sku": product.sku, "type": product.type, "status": product.status,
        **dates("date_created", product.created), **dates("date_modified", product.modified),
        "price": _text(price), "regular_price": _text(product.regular), "sale_price": _text(product.sale),
        **dates("date_on_sale_from", product.sale_from), **dates("date_on_sale_to", product.sale_to),
        "on_sale": price is not None and price != product.regular, "tax_status": "taxable", "tax_class": product.tax_class,
        "manage_stock": product.manage, "stock_quantity": product.stock, "stock_status": product.stock_status,
        "backorders": product.backorders, "weight": product.weight, "global_unique_id": product.gtin,
        "images": [_image(one) for one in product.images]
        or [{"id": 1, "src": f"https://shop.example.invalid/{product.parent or product.id}.jpg"}],
        "variations": product.children, "parent_id": product.parent, "meta_data": [],
        "permalink": f"https://shop.example.invalid/?p={product.id}", "description": product.description,
    }  # fmt: skip
    if not product.parent:
        row |= {
            "slug": slug(product.name), "short_description": product.short, "attributes": product.attributes or _sizes(site, product),
            "categories": [_term(site.categories[one]) for one in product.categories or [UNCATEGORISED]],
            "brands": [_term(site.brands[one]) for one in product.brands],
        }  # fmt: skip
    if product.parent:
        del row["variations"]
        row["image"] = row.pop("images")[0]
        row["attributes"] = product.picks or (
            [{"id": 0, "name": "Beden", "option": product.size}] if product.size else []
        )
    return row
