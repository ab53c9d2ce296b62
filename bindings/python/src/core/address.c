/* Python objects that are addresses; addresses as text. */

#include "core.h"

#include <arpa/inet.h>
#include <string.h>

int address_of_bytes(const char *bytes, size_t length, Address *address) {
    if (length == 4) {
        uint32_t number;
        memcpy(&number, bytes, 4);
        address->form = V4;
        address->v4 = ntohl(number);
        return 1;
    }
    if (length == 16) {
        address->form = V6;
        memcpy(address->v6, bytes, 16);
        return 1;
    }
    return 0;
}

/* Below 2^32 it is IPv4, up to 2^128 IPv6: as ipaddress.ip_address has it. */
static int address_of_int(PyObject *object, Address *address) {
    unsigned long long number = PyLong_AsUnsignedLongLong(object);
    if (number == (unsigned long long)-1 && PyErr_Occurred()) {
        PyErr_Clear();
    } else if (number <= UINT32_MAX) {
        address->form = V4;
        address->v4 = (uint32_t)number;
        return 1;
    }
    PyObject *bytes = PyObject_CallMethod(object, "to_bytes", "is", 16, "big");
    if (bytes == NULL) {
        /* Negative, or too large. */
        if (!PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    int read = address_of_bytes(PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes), address);
    Py_DECREF(bytes);
    return read;
}

/* An IPv4Address or IPv6Address; one with a zone is refused, as its text is. */
static int address_of_ipaddress(PyObject *object, bool may_have_zone, Address *address) {
    if (may_have_zone) {
        PyObject *zone = PyObject_GetAttrString(object, "scope_id");
        if (zone == NULL) {
            return -1;
        }
        bool none = zone == Py_None;
        Py_DECREF(zone);
        if (!none) {
            return 0;
        }
    }
    PyObject *packed = PyObject_GetAttrString(object, "packed");
    if (packed == NULL) {
        return -1;
    }
    int read = PyBytes_Check(packed) ? address_of_bytes(PyBytes_AsString(packed), (size_t)PyBytes_Size(packed), address) : 0;
    Py_DECREF(packed);
    return read;
}

static int is_instance(PyObject *object, PyObject *one, PyObject *other) {
    int is = PyObject_IsInstance(object, one);
    return is != 0 ? is : PyObject_IsInstance(object, other);
}

int address_read(State *state, PyObject *object, Address *address) {
    if (PyUnicode_Check(object)) {
        /* What is longer is no address, and needs not be encoded. */
        if (PyUnicode_GetLength(object) > NAMEPLATE_ADDRESS_LENGTH) {
            return 0;
        }
        Py_ssize_t length;
        address->form = TEXT;
        address->text = PyUnicode_AsUTF8AndSize(object, &length);
        if (address->text == NULL) {
            /* Half of a surrogate pair. Python's own error would quote the text. */
            if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) {
                return -1;
            }
            PyErr_Clear();
            return 0;
        }
        address->length = (size_t)length;
        return 1;
    }
    if (PyBytes_Check(object)) {
        return address_of_bytes(PyBytes_AsString(object), (size_t)PyBytes_Size(object), address);
    }
    if (PyLong_Check(object) && !PyBool_Check(object)) {
        return address_of_int(object, address);
    }
    int is = is_instance(object, state->ipv4_address, state->ipv6_address);
    if (is > 0) {
        int interface = is_instance(object, state->ipv4_interface, state->ipv6_interface);
        if (interface < 0) {
            return -1;
        }
        if (interface == 0) {
            int v6 = PyObject_IsInstance(object, state->ipv6_address);
            return v6 < 0 ? -1 : address_of_ipaddress(object, v6 != 0, address);
        }
    } else if (is < 0) {
        return -1;
    } else if (PyIndex_Check(object) && !PyBool_Check(object)) {
        PyObject *number = PyNumber_Index(object);
        if (number == NULL) {
            return -1;
        }
        int read = address_of_int(number, address);
        Py_DECREF(number);
        return read;
    }
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
    if (name != NULL) {
        PyErr_Format(PyExc_TypeError, "an address is a str, an int, 4 or 16 bytes, or an ipaddress address; not %S", name);
        Py_DECREF(name);
    }
    return -1;
}

int address_lookup(const nameplate_snapshot_t *snapshot, const Address *address, nameplate_hit_t *hit) {
    switch (address->form) {
    case TEXT:
        return nameplate_lookup(snapshot, address->text, address->length, hit) == NAMEPLATE_OK;
    case V4:
        return nameplate_lookup_v4(snapshot, address->v4, hit) == NAMEPLATE_OK;
    default:
        return nameplate_lookup_v6(snapshot, address->v6, hit) == NAMEPLATE_OK;
    }
}

static char *write_decimal(char *end, unsigned number) {
    if (number >= 100) {
        *end++ = (char)('0' + number / 100);
    }
    if (number >= 10) {
        *end++ = (char)('0' + number / 10 % 10);
    }
    *end++ = (char)('0' + number % 10);
    return end;
}

static char *write_v4(char *end, const uint8_t *bytes) {
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            *end++ = '.';
        }
        end = write_decimal(end, bytes[i]);
    }
    return end;
}

/* RFC 5952; glibc's inet_ntop writes low addresses as if they held IPv4. */
static char *write_v6(char *end, const uint8_t *bytes) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        memcpy(end, "::ffff:", 7);
        return write_v4(end + 7, bytes + 12);
    }
    unsigned groups[8];
    int gap = -1, gap_length = 1, run = 0;
    for (int i = 0; i < 8; i++) {
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
        run = groups[i] == 0 ? run + 1 : 0;
        /* The longest run of two groups or more, the first of equals. */
        if (run > gap_length) {
            gap_length = run;
            gap = i - run + 1;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == gap) {
            *end++ = ':';
            *end++ = ':';
            i += gap_length - 1;
            continue;
        }
        /* Behind the gap there is one already; without a gap this is group 0. */
        if (i > 0 && i != gap + gap_length) {
            *end++ = ':';
        }
        bool written = false;
        for (int shift = 12; shift >= 0; shift -= 4) {
            unsigned digit = groups[i] >> shift & 15;
            if (digit != 0 || written || shift == 0) {
                *end++ = "0123456789abcdef"[digit];
                written = true;
            }
        }
    }
    return end;
}

size_t address_write(uint32_t family, const uint8_t *bytes, char *text) {
    char *end = family == 4 ? write_v4(text, bytes) : write_v6(text, bytes);
    *end = '\0';
    return (size_t)(end - text);
}
