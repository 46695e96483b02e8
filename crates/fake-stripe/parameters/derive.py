"""Prints, as JSON, which parameters Stripe's official SDK sends with the calls that the fake has, and which
fields the objects have that it gets back.

The SDK is imported, not copied: its services tell which parameters belong to which method and path, and its
TypedDicts tell their names, nesting and values. Needs Python 3.10 or newer and the package `stripe`.
"""

import ast
import importlib
import json
import pathlib
import re
import sys
import typing
from decimal import Decimal

import stripe
import typing_extensions
from stripe import params as sdk_params
from stripe._request_options import RequestOptions

# The calls that the fake has (`enlist_fake_stripe::calls()`; a test compares the two lists).
CALLS = [
    "POST /v1/payment_methods",
    "GET /v1/payment_methods/{id}",
    "POST /v1/customers",
    "GET /v1/customers",
    "GET /v1/subscriptions/search",
    "GET /v1/customers/{id}",
    "DELETE /v1/customers/{id}",
    "POST /v1/subscriptions",
    "GET /v1/subscriptions",
    "GET /v1/subscriptions/{id}",
    "DELETE /v1/subscriptions/{id}",
    "GET /v1/invoices",
    "GET /v1/invoices/{id}",
    "POST /v1/invoices/{id}/void",
    "GET /v1/payment_intents/{id}",
    "GET /v1/charges",
    "GET /v1/charges/{id}",
    "POST /v1/refunds",
    "GET /v1/refunds/{id}",
    "POST /v1/setup_intents",
    "GET /v1/setup_intents/{id}",
    "GET /v1/prices/{id}",
    "GET /v1/account",
    "GET /v1/balance",
    "GET /v1/webhook_endpoints",
]

# The objects that the fake shows.
OBJECTS = [
    stripe.Account,
    stripe.Balance,
    stripe.Charge,
    stripe.Customer,
    stripe.Event,
    stripe.Invoice,
    stripe.InvoicePayment,
    stripe.PaymentIntent,
    stripe.PaymentMethod,
    stripe.Price,
    stripe.Product,
    stripe.Refund,
    stripe.SetupIntent,
    stripe.Subscription,
    stripe.SubscriptionItem,
    stripe.WebhookEndpoint,
]


def main():
    names = parameter_names()
    missing = [call for call in CALLS if call not in names]
    if missing:
        sys.exit(f"the SDK has no such calls: {', '.join(missing)}")
    calls = {}
    for call in CALLS:
        parameters = getattr(sdk_params, names[call])
        calls[call] = {"parameters": fields_of(parameters)}
    derived = {
        "sdk": stripe.VERSION,
        "api_version": stripe.api_version,
        "calls": calls,
        "objects": {
            kind.OBJECT_NAME: sorted(kind.__annotations__) for kind in OBJECTS
        },
    }
    json.dump(derived, sys.stdout, indent=1, sort_keys=True)
    print()


def parameter_names():
    """The class of parameters of every call, by `POST /v1/customers`."""
    folder = pathlib.Path(stripe.__file__).parent
    names = {}
    for file in sorted(folder.glob("_*_service.py")):
        for method in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(method, ast.FunctionDef):
                names.update(call_of(method))
    return names


def call_of(method):
    """The call that a method of a service makes, with its class of parameters; nothing if it makes none."""
    requests = [
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "_request"
    ]
    arguments = {argument.arg: argument.annotation for argument in all_arguments(method)}
    if len(requests) != 1 or "params" not in arguments:
        return {}
    verb, path = requests[0].args[:2]
    if isinstance(path, ast.Call):
        # "/v1/customers/{customer}".format(…)
        path = path.func.value
    template = re.sub(r"\{\w+\}", "{id}", path.value)
    (name,) = {
        node.value
        for node in ast.walk(arguments["params"])
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {f"{verb.value.upper()} {template}": name}


def all_arguments(method):
    return method.args.posonlyargs + method.args.args + method.args.kwonlyargs


def fields_of(typed_dict):
    """What may be in brackets behind a name, or the parameters of a call."""
    namespace = vars(importlib.import_module(typed_dict.__module__))
    options = RequestOptions.__annotations__
    fields = {}
    for name, annotation in typed_dict.__annotations__.items():
        if name in options:
            continue
        annotation = resolve(annotation, namespace)
        required = True
        if typing.get_origin(annotation) is typing_extensions.NotRequired:
            (annotation,) = typing.get_args(annotation)
            annotation = resolve(annotation, namespace)
            required = False
        fields[name] = {**kind_of(annotation, namespace), "required": required}
    return fields


def resolve(annotation, namespace):
    """An annotation that was written as a string, as what it says."""
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return resolve(eval(annotation, dict(namespace)), namespace)
    return annotation


SCALARS = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
}


def kind_of(annotation, namespace):
    """What a value may be."""
    kinds, members, any_text, may_be_empty = [], [], False, False
    for alternative in alternatives(annotation, namespace):
        if typing.get_origin(alternative) is typing.Literal:
            values = typing.get_args(alternative)
            may_be_empty = may_be_empty or "" in values
            members.extend(value for value in values if value != "")
        elif alternative is str:
            any_text = True
        else:
            kind = kind_of_one(alternative, namespace)
            if kind is not None and kind not in kinds:
                kinds.append(kind)
    # Literals beside `str` are an open list to the SDK; here only what Stripe knows today is right.
    if members:
        kinds.append(text(sorted(members), may_be_empty))
    elif any_text:
        kinds.append(text([], may_be_empty))
    elif may_be_empty:
        kinds.append(text([""], True))
    if len(kinds) == 1:
        return kinds[0]
    return {"type": "any", "of": kinds}


def text(members, may_be_empty):
    return {"type": "string", "enum": members, "may_be_empty": may_be_empty}


def alternatives(annotation, namespace):
    """The members of unions in unions."""
    annotation = resolve(annotation, namespace)
    if is_union(annotation):
        for member in typing.get_args(annotation):
            yield from alternatives(member, namespace)
    else:
        yield annotation


def is_union(annotation):
    origin = typing.get_origin(annotation)
    return origin is typing.Union or getattr(origin, "__name__", "") == "UnionType"


def kind_of_one(annotation, namespace):
    """What a value may be that has one form only; nothing if the form is Python's alone."""
    origin = typing.get_origin(annotation)
    if annotation in SCALARS:
        return SCALARS[annotation]
    if typing_extensions.is_typeddict(annotation):
        return {"type": "object", "fields": fields_of(annotation)}
    if origin is list:
        (entry,) = typing.get_args(annotation)
        return {"type": "list", "of": kind_of(entry, namespace)}
    if origin is dict:
        # An empty value unsets a key.
        return {"type": "map", "of": text([], True)}
    if annotation is type(None) or getattr(origin, "__name__", "") == "UntypedStripeObject":
        return None
    sys.exit(f"a form of parameter that is not known here: {annotation}")


if __name__ == "__main__":
    main()
