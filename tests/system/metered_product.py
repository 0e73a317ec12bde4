"""A product whose plan `demo` has, beside what is in its example, the meter `pages` and the content key `content`; and a host with a license of it."""
import json, os
from stage import PRODUCT


def offer(vendor, id='acme-cad', example=PRODUCT, limits={}, **more):
    """The vendor sells it from now on; its content key. The plan has further limits and `more`, as it is asked."""
    terms = json.loads(example.read_text())
    demo = terms['plans']['demo']
    demo['limits'].update({'pages': {'kind': 'meter', 'max': 100, 'period': 'never'}, **limits})
    demo.update({'keys': ['content'], **more})
    product, key = vendor.stage.path(f'{id}.json'), os.urandom(32)
    product.write_text(json.dumps(terms))
    vendor.add_product(id, product)
    vendor.add_key('content', key, id)
    return key


def licensed_host(stage, **more):
    """Of a vendor of its own: `host.vendor`, `host.sold`, `host.content_key`."""
    vendor = stage.vendor()
    key = offer(vendor, **more)
    host = stage.licensed_host(vendor)
    host.content_key = key
    return host
