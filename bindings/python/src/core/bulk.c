/* lookup_many: many addresses, as a list or another iterable of objects, or packed in an array.
 *
 * Texts go to the library in batches, in which it waits for memory for 32 addresses at a time; Python's lock is free
 * meanwhile. The objects are held by a tuple of their own, so that nobody can take a text away. */

#include "core.h"

#include <string.h>

int errors_read(PyObject *errors) {
    if (errors == NULL) {
        return 0;
    }
    if (PyUnicode_Check(errors)) {
        if (PyUnicode_CompareWithASCIIString(errors, "raise") == 0) {
            return 0;
        }
        if (PyUnicode_CompareWithASCIIString(errors, "null") == 0) {
            return 1;
        }
    }
    PyErr_SetString(PyExc_ValueError, "errors is 'raise' or 'null'");
    return -1;
}

/* An attribute as a number; -1 where it is none. */
static long long number_attribute(PyObject *object, const char *name) {
    PyObject *value = PyObject_GetAttrString(object, name);
    long long number = value == NULL ? -1 : PyLong_AsLongLong(value);
    Py_XDECREF(value);
    PyErr_Clear();
    return number;
}

/* The last dimension of a view with two; else 0. */
static long long second_dimension(PyObject *view) {
    PyObject *shape = PyObject_GetAttrString(view, "shape");
    PyObject *item = shape == NULL ? NULL : PySequence_GetItem(shape, 1);
    long long length = item == NULL ? 0 : PyLong_AsLongLong(item);
    Py_XDECREF(item);
    Py_XDECREF(shape);
    PyErr_Clear();
    return length;
}

/* The format of a view, without what says that it is in this machine's order. */
static bool format_of(PyObject *view, char *into, size_t room) {
    PyObject *format = PyObject_GetAttrString(view, "format");
    Py_ssize_t length = 0;
    const char *text = format == NULL ? NULL : PyUnicode_AsUTF8AndSize(format, &length);
    bool done = text != NULL && (size_t)length < room;
    if (done) {
        text += *text == '@' || *text == '=' ? 1 : 0;
        const uint16_t probe = 1;
        const char native = *(const char *)&probe == 1 ? '<' : '>';
        text += *text == native ? 1 : 0;
        strcpy(into, text);
    }
    Py_XDECREF(format);
    PyErr_Clear();
    return done;
}

/* 1: the array's bytes are taken. 0: its elements must be asked for. -1: raised. */
static int read_packed(PyObject *view, Addresses *addresses) {
    char format[16];
    if (!format_of(view, format, sizeof format)) {
        return 0;
    }
    long long dimensions = number_attribute(view, "ndim"), item = number_attribute(view, "itemsize");
    int width = -1;
    if (dimensions == 1 && item == 4 && (strcmp(format, "I") == 0 || strcmp(format, "L") == 0)) {
        width = 0;
    } else if (dimensions == 1 && (item == 4 || item == 16) && strpbrk(format, "sx") != NULL) {
        /* S4, S16, V4, V16. */
        width = (int)item;
    } else if (dimensions == 2 && item == 1 && strcmp(format, "B") == 0) {
        long long length = second_dimension(view);
        if (length != 4 && length != 16) {
            PyErr_SetString(PyExc_ValueError, "an array of bytes has 4 or 16 columns, the address in network order");
            return -1;
        }
        width = (int)length;
    } else if (strchr(format, 's') != NULL || strchr(format, 'x') != NULL || strcmp(format, "B") == 0 || dimensions != 1) {
        PyErr_SetString(PyExc_TypeError, "an array of addresses has one dimension of uint32, S4, S16, V4, V16 or text, or two of uint8 "
                                         "with 4 or 16 columns");
        return -1;
    } else {
        return 0;
    }
    addresses->packed = PyObject_CallMethod(view, "tobytes", NULL);
    if (addresses->packed == NULL) {
        return -1;
    }
    addresses->width = width;
    addresses->count = PyBytes_Size(addresses->packed) / (width == 0 ? 4 : width);
    return 1;
}

bool addresses_read(PyObject *object, Addresses *addresses) {
    *addresses = (Addresses){NULL, NULL, 0, 0};
    if (PyUnicode_Check(object) || PyBytes_Check(object) || PyLong_Check(object) || PyDict_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "many addresses are a list, a NumPy array or another iterable; for a single one there is lookup");
        return false;
    }
    PyObject *items = NULL;
    if (!PyList_Check(object) && !PyTuple_Check(object)) {
        /* An array? */
        PyObject *view = PyMemoryView_FromObject(object);
        if (view != NULL) {
            int read = read_packed(view, addresses);
            Py_DECREF(view);
            if (read != 0) {
                return read > 0;
            }
        }
        PyErr_Clear();
        /* NumPy's own elements are slow to look at; a list has Python's. */
        if (PyObject_HasAttrString(object, "tolist")) {
            items = PyObject_CallMethod(object, "tolist", NULL);
            if (items == NULL) {
                return false;
            }
        }
    }
    addresses->objects = PySequence_Tuple(items == NULL ? object : items);
    Py_XDECREF(items);
    if (addresses->objects == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, "many addresses are a list, a NumPy array or another iterable");
        }
        return false;
    }
    addresses->count = PyTuple_Size(addresses->objects);
    return true;
}

void addresses_free(Addresses *addresses) {
    Py_XDECREF(addresses->objects);
    Py_XDECREF(addresses->packed);
}

void addresses_packed(const Addresses *addresses, Py_ssize_t index, Address *address) {
    const char *bytes = PyBytes_AsString(addresses->packed);
    if (addresses->width == 0) {
        address->form = V4;
        memcpy(&address->v4, bytes + 4 * index, 4);
    } else {
        address_of_bytes(bytes + addresses->width * index, (size_t)addresses->width, address);
    }
}

PyObject *addresses_tuple(PyObject *module, PyObject *object) {
    (void)module;
    Addresses addresses;
    if (!addresses_read(object, &addresses)) {
        return NULL;
    }
    PyObject *tuple = addresses.objects;
    if (tuple == NULL && (tuple = PyTuple_New(addresses.count)) != NULL) {
        const char *bytes = PyBytes_AsString(addresses.packed);
        for (Py_ssize_t i = 0; i < addresses.count; i++) {
            uint32_t number;
            PyObject *item;
            if (addresses.width == 0) {
                memcpy(&number, bytes + 4 * i, 4);
                item = PyLong_FromUnsignedLong(number);
            } else {
                item = PyBytes_FromStringAndSize(bytes + addresses.width * i, addresses.width);
            }
            if (item == NULL || PyTuple_SetItem(tuple, i, item) < 0) {
                Py_CLEAR(tuple);
                break;
            }
        }
    }
    addresses.objects = NULL;
    addresses_free(&addresses);
    return tuple;
}

Py_ssize_t addresses_texts(State *state, const Addresses *addresses, Py_ssize_t start, size_t count, nameplate_text_t *texts) {
    Py_ssize_t found = 0;
    Address address;
    for (size_t i = 0; i < count; i++) {
        PyObject *object = PyTuple_GetItem(addresses->objects, start + (Py_ssize_t)i);
        texts[i] = (nameplate_text_t){NULL, 0};
        if (!PyUnicode_Check(object)) {
            continue;
        }
        int read = address_read(state, object, &address);
        if (read < 0) {
            return -1;
        }
        if (read > 0) {
            texts[i] = (nameplate_text_t){address.text, address.length};
        }
        found++;
    }
    return found;
}

/* Looks up the addresses of one batch. A kind of NAMEPLATE_INVALID is no address. False: raised. */
static bool lookup_batch(Snapshot *snapshot, const Addresses *addresses, Py_ssize_t start, size_t count, nameplate_hit_t *hits) {
    nameplate_text_t texts[BATCH];
    Address address;
    if (addresses->packed != NULL) {
        const nameplate_snapshot_t *handle = snapshot->handle;
        Py_BEGIN_ALLOW_THREADS
        for (size_t i = 0; i < count; i++) {
            addresses_packed(addresses, start + (Py_ssize_t)i, &address);
            if (!address_lookup(handle, &address, &hits[i])) {
                hits[i].kind = NAMEPLATE_INVALID;
            }
        }
        Py_END_ALLOW_THREADS
        return true;
    }
    Py_ssize_t texts_count = addresses_texts(snapshot->state, addresses, start, count, texts);
    if (texts_count < 0) {
        return false;
    }
    uint32_t status = NAMEPLATE_OK;
    if (texts_count > 0) {
        const nameplate_snapshot_t *handle = snapshot->handle;
        Py_BEGIN_ALLOW_THREADS
        status = nameplate_lookup_batch(handle, texts, count, hits);
        Py_END_ALLOW_THREADS
    }
    if (status != NAMEPLATE_OK) {
        raise_status(snapshot->state, status, NULL);
        return false;
    }
    for (size_t i = 0; (size_t)texts_count < count && i < count; i++) {
        PyObject *object = PyTuple_GetItem(addresses->objects, start + (Py_ssize_t)i);
        if (PyUnicode_Check(object)) {
            continue;
        }
        int read = address_read(snapshot->state, object, &address);
        if (read < 0) {
            return false;
        }
        if (read == 0 || !address_lookup(snapshot->handle, &address, &hits[i])) {
            hits[i].kind = NAMEPLATE_INVALID;
        }
    }
    return true;
}

static PyObject *lookup_all(Snapshot *snapshot, const Addresses *addresses, bool null) {
    nameplate_hit_t hits[BATCH];
    PyObject *answers = PyList_New(addresses->count);
    if (answers == NULL) {
        return NULL;
    }
    for (Py_ssize_t start = 0; start < addresses->count; start += BATCH) {
        size_t count = addresses->count - start < BATCH ? (size_t)(addresses->count - start) : BATCH;
        if (!lookup_batch(snapshot, addresses, start, count, hits)) {
            Py_DECREF(answers);
            return NULL;
        }
        for (size_t i = 0; i < count; i++) {
            PyObject *answer;
            if (hits[i].kind != NAMEPLATE_INVALID) {
                answer = answer_of_hit(snapshot, &hits[i]);
            } else {
                answer = null ? Py_NewRef(Py_None) : raise_address(start + (Py_ssize_t)i);
            }
            if (answer == NULL) {
                Py_DECREF(answers);
                return NULL;
            }
            PyList_SetItem(answers, start + (Py_ssize_t)i, answer);
        }
    }
    return answers;
}

PyObject *database_lookup_many(PyObject *self, PyObject *arguments, PyObject *options) {
    static char *names[] = {"addresses", "errors", "field", NULL};
    PyObject *object, *errors = NULL, *field = Py_None, *answers = NULL;
    Addresses addresses;
    if (!PyArg_ParseTupleAndKeywords(arguments, options, "O|$OO:lookup_many", names, &object, &errors, &field)) {
        return NULL;
    }
    int null = errors_read(errors);
    if (null < 0 || database_snapshot(self) == NULL || !addresses_read(object, &addresses)) {
        return NULL;
    }
    /* Iterating ran others' code, which may have closed or reloaded the database. */
    Snapshot *snapshot = database_snapshot(self);
    if (snapshot != NULL) {
        Py_INCREF(snapshot);
        answers = field == Py_None ? lookup_all(snapshot, &addresses, null != 0) : lookup_values(snapshot, &addresses, field, null != 0);
        Py_DECREF(snapshot);
    }
    addresses_free(&addresses);
    return answers;
}
