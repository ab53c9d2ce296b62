/* Database: a range file in this process.
 *
 * A database keeps one snapshot, and gives it to its answers: a lookup takes a reference and no more. A reload puts another
 * snapshot in place, and the old file goes with the last answer that was read from it. Python's lock guards the pointer.
 *
 * What opens or closes handles runs without Python's lock, and under one of its own: nobody closes a database that
 * is being reloaded, and no fork happens meanwhile (before_fork, which os.register_at_fork calls). */

#include "core.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    nameplate_db_t *handle;
    /* NULL when closed. */
    Snapshot *snapshot;
    State *state;
} Database;

/* Guards what changes handles. Made when the module is first loaded, and never freed. */
static PyThread_type_lock changing;

static void lock(void) {
    if (!PyThread_acquire_lock(changing, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(changing, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
}

static void unlock(void) {
    PyThread_release_lock(changing);
}

PyObject *before_fork(PyObject *module, PyObject *ignored) {
    (void)module;
    (void)ignored;
    lock();
    Py_RETURN_NONE;
}

PyObject *after_fork(PyObject *module, PyObject *ignored) {
    (void)module;
    (void)ignored;
    unlock();
    Py_RETURN_NONE;
}

static void snapshot_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    nameplate_snapshot_free(((Snapshot *)self)->handle);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot snapshot_slots[] = {
    {Py_tp_dealloc, snapshot_free},
    {0, NULL},
};

enum { FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE };

static PyType_Spec snapshot_spec = {"nameplate._core.Snapshot", sizeof(Snapshot), 0, FLAGS, snapshot_slots};

/* Takes the snapshot of now in place of the one that is kept. */
static bool take_snapshot(Database *database) {
    Snapshot *snapshot = PyObject_New(Snapshot, database->state->snapshot);
    if (snapshot == NULL) {
        return false;
    }
    snapshot->handle = NULL;
    snapshot->state = database->state;
    uint32_t status = nameplate_snapshot(database->handle, &snapshot->handle);
    if (status != NAMEPLATE_OK) {
        Py_DECREF(snapshot);
        raise_status(database->state, status, NULL);
        return false;
    }
    Snapshot *old = database->snapshot;
    database->snapshot = snapshot;
    Py_XDECREF(old);
    return true;
}

Snapshot *database_snapshot(PyObject *self) {
    Database *database = (Database *)self;
    if (database->snapshot == NULL) {
        raise_error(database->state, "closed", "this database is closed: open it anew with nameplate.open");
    }
    return database->snapshot;
}

/* An optional path: bytes in `*into`, or NULL for None. */
static bool optional_path(PyObject *object, PyObject **into) {
    *into = NULL;
    return object == Py_None || PyUnicode_FSConverter(object, into);
}

PyObject *database_open(PyObject *module, PyObject *arguments, PyObject *options) {
    static char *names[] = {"path", "suppress", "public_key", "copy", "verify", "prefault", "allow_older", NULL};
    State *state = PyModule_GetState(module);
    PyObject *path = NULL, *suppress = Py_None, *key = Py_None, *list = NULL, *key_text = NULL, *result = NULL;
    int copy = 0, verify = 0, prefault = 0, allow_older = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, options, "O&|$OOpppp:open", names, PyUnicode_FSConverter, &path, &suppress, &key,
                                     &copy, &verify, &prefault, &allow_older)) {
        return NULL;
    }
    if (optional_path(suppress, &list) && optional_path(key, &key_text)) {
        nameplate_options_t chosen = {
            .size = sizeof chosen,
            .flags = (copy ? NAMEPLATE_OPEN_COPY : 0u) | (verify ? NAMEPLATE_OPEN_VERIFY : 0u) |
                     (prefault ? NAMEPLATE_OPEN_PREFAULT : 0u) | (allow_older ? NAMEPLATE_OPEN_ALLOW_OLDER : 0u),
            .suppression = list == NULL ? NULL : PyBytes_AsString(list),
            .public_key = key_text == NULL ? NULL : PyBytes_AsString(key_text),
        };
        nameplate_error_t error = {.size = sizeof error};
        nameplate_db_t *handle = NULL;
        const char *file = PyBytes_AsString(path);
        uint32_t status;
        Py_BEGIN_ALLOW_THREADS
        status = nameplate_open(file, &chosen, &error, &handle);
        Py_END_ALLOW_THREADS
        if (status != NAMEPLATE_OK) {
            raise_status(state, status, error.text);
        } else {
            Database *database = PyObject_New(Database, state->database);
            if (database == NULL) {
                nameplate_close(handle);
            } else {
                *database = (Database){.ob_base = database->ob_base, .handle = handle, .snapshot = NULL, .state = state};
                result = (PyObject *)database;
                if (!take_snapshot(database)) {
                    Py_CLEAR(result);
                }
            }
        }
    }
    Py_XDECREF(path);
    Py_XDECREF(list);
    Py_XDECREF(key_text);
    return result;
}

static void close_handle(Database *database) {
    Snapshot *snapshot = database->snapshot;
    database->snapshot = NULL;
    lock();
    nameplate_db_t *handle = database->handle;
    database->handle = NULL;
    nameplate_close(handle);
    unlock();
    Py_XDECREF(snapshot);
}

static void database_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    close_handle((Database *)self);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *database_close(PyObject *self, PyObject *unused) {
    (void)unused;
    close_handle((Database *)self);
    Py_RETURN_NONE;
}

static PyObject *database_lookup(PyObject *self, PyObject *object) {
    Snapshot *snapshot = ((Database *)self)->snapshot;
    if (snapshot == NULL) {
        return (PyObject *)database_snapshot(self);
    }
    nameplate_hit_t hit;
    Address address;
    PyObject *answer = NULL;
    if (PyUnicode_Check(object)) {
        /* The way of most lookups: no Python code can run. */
        bool found = address_read(snapshot->state, object, &address) > 0 &&
                     (quad_read(address.text, address.length, &address.v4)
                          ? nameplate_lookup_v4(snapshot->handle, address.v4, &hit) == NAMEPLATE_OK
                          : nameplate_lookup(snapshot->handle, address.text, address.length, &hit) == NAMEPLATE_OK);
        return found ? answer_of_hit(snapshot, &hit) : PyErr_Occurred() ? NULL : raise_address(-1);
    }
    /* To read an address may run Python code, which may close the database. */
    Py_INCREF(snapshot);
    int read = address_read(snapshot->state, object, &address);
    if (read > 0 && address_lookup(snapshot->handle, &address, &hit)) {
        answer = answer_of_hit(snapshot, &hit);
    } else if (read >= 0) {
        raise_address(-1);
    }
    Py_DECREF(snapshot);
    return answer;
}

/* Reloads, with another suppression list where `list` is not NULL. */
static PyObject *reload(PyObject *self, const char *list) {
    Database *database = (Database *)self;
    nameplate_error_t error = {.size = sizeof error};
    uint64_t generation = 0;
    uint32_t status = NAMEPLATE_OK;
    lock();
    /* Nobody closes it from here on. */
    bool open = database->handle != NULL;
    if (open) {
        nameplate_db_t *handle = database->handle;
        Py_BEGIN_ALLOW_THREADS
        status = list == NULL ? nameplate_reload(handle, &error, &generation) : nameplate_suppress(handle, list, &error, &generation);
        Py_END_ALLOW_THREADS
    }
    bool taken = open && status == NAMEPLATE_OK && database->snapshot != NULL && take_snapshot(database);
    unlock();
    if (!open || (status == NAMEPLATE_OK && database->snapshot == NULL)) {
        return (PyObject *)database_snapshot(self);
    }
    if (status != NAMEPLATE_OK) {
        return raise_status(database->state, status, error.text);
    }
    return taken ? PyLong_FromUnsignedLongLong(generation) : NULL;
}

static PyObject *database_reload(PyObject *self, PyObject *unused) {
    (void)unused;
    return reload(self, NULL);
}

static PyObject *database_suppress(PyObject *self, PyObject *list) {
    PyObject *path = NULL;
    if (!PyUnicode_FSConverter(list, &path)) {
        return NULL;
    }
    PyObject *generation = reload(self, PyBytes_AsString(path));
    Py_DECREF(path);
    return generation;
}

static bool append_networks(Snapshot *snapshot, const char *id, size_t length, PyObject *networks) {
    enum { CHUNK = 256 };
    nameplate_range_t ranges[CHUNK];
    size_t start = 0, count;
    do {
        uint32_t status = nameplate_networks(snapshot->handle, id, length, start, ranges, CHUNK, &count);
        if (status == NAMEPLATE_ERROR_NOT_FOUND) {
            break;
        }
        if (status != NAMEPLATE_OK) {
            raise_status(snapshot->state, status, NULL);
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            PyObject *network = network_of_range(snapshot->state, &ranges[i]);
            bool done = network != NULL && PyList_Append(networks, network) == 0;
            Py_XDECREF(network);
            if (!done) {
                return false;
            }
        }
        start += count;
    } while (count == CHUNK);
    return true;
}

static PyObject *database_networks(PyObject *self, PyObject *object) {
    Py_ssize_t length;
    Snapshot *snapshot = database_snapshot(self);
    if (snapshot == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "a company's id is a str, as company.id of an answer");
        return NULL;
    }
    /* To make objects may collect garbage, and that may run what closes the database. */
    Py_INCREF(snapshot);
    PyObject *networks = PyList_New(0);
    const char *id = PyUnicode_AsUTF8AndSize(object, &length);
    if (id == NULL && PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        /* No company has such an id. */
        PyErr_Clear();
    } else if (id == NULL || networks == NULL || !append_networks(snapshot, id, (size_t)length, networks)) {
        Py_CLEAR(networks);
    }
    Py_DECREF(snapshot);
    return networks;
}

/* A tuple of the texts of source `index`, or NULL; nothing is raised behind the last one. */
static PyObject *source_tuple(Snapshot *snapshot, uint32_t index) {
    nameplate_source_t source = {.size = sizeof source};
    if (nameplate_source(snapshot->handle, index, &source) != NAMEPLATE_OK) {
        return NULL;
    }
    const nameplate_text_t *texts[] = {&source.name, &source.title, &source.licence, &source.attribution, &source.url, &source.date};
    return Py_BuildValue("(s#s#s#s#s#s#K)", texts[0]->data, (Py_ssize_t)texts[0]->length, texts[1]->data, (Py_ssize_t)texts[1]->length,
                         texts[2]->data, (Py_ssize_t)texts[2]->length, texts[3]->data, (Py_ssize_t)texts[3]->length,
                         texts[4]->data, (Py_ssize_t)texts[4]->length, texts[5]->data, (Py_ssize_t)texts[5]->length,
                         (unsigned long long)source.rows);
}

/* nameplate._metadata makes a Metadata of the numbers and the sources. */
static PyObject *database_metadata(PyObject *self, void *unused) {
    (void)unused;
    Snapshot *snapshot = database_snapshot(self);
    if (snapshot == NULL) {
        return NULL;
    }
    /* Importing runs Python code, which may close the database. */
    Py_INCREF(snapshot);
    nameplate_metadata_t numbers = {.size = sizeof numbers};
    uint32_t status = nameplate_metadata(snapshot->handle, &numbers);
    PyObject *sources = status == NAMEPLATE_OK ? PyList_New(0) : NULL, *result = NULL, *module = NULL;
    bool done = sources != NULL;
    for (uint32_t i = 0; done && i < numbers.sources; i++) {
        PyObject *source = source_tuple(snapshot, i);
        done = source != NULL && PyList_Append(sources, source) == 0;
        Py_XDECREF(source);
    }
    if (status != NAMEPLATE_OK) {
        raise_status(snapshot->state, status, NULL);
    } else if (done && (module = PyImport_ImportModule("nameplate._metadata")) != NULL) {
        result = PyObject_CallMethod(
            module, "of_file", "{s:I,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K}O", "format_version", (unsigned)numbers.format_version,
            "build_number", (unsigned long long)numbers.build_number, "generation", (unsigned long long)numbers.generation,
            "created", (unsigned long long)numbers.created, "file_length", (unsigned long long)numbers.file_length,
            "v4_intervals", (unsigned long long)numbers.v4_intervals, "v6_intervals", (unsigned long long)numbers.v6_intervals,
            "answers", (unsigned long long)numbers.answers, "companies", (unsigned long long)numbers.companies,
            "operators", (unsigned long long)numbers.operators, sources);
        Py_DECREF(module);
    }
    Py_XDECREF(sources);
    Py_DECREF(snapshot);
    return result;
}

static PyObject *database_closed(PyObject *self, void *unused) {
    (void)unused;
    return PyBool_FromLong(((Database *)self)->snapshot == NULL);
}

static PyObject *database_enter(PyObject *self, PyObject *unused) {
    (void)unused;
    return database_snapshot(self) == NULL ? NULL : Py_NewRef(self);
}

static PyObject *database_exit(PyObject *self, PyObject *unused) {
    return database_close(self, unused);
}

static PyObject *database_repr(PyObject *self) {
    return PyUnicode_FromString(((Database *)self)->snapshot == NULL ? "<nameplate.Database, closed>" : "<nameplate.Database>");
}

static PyGetSetDef properties[] = {
    {"metadata", database_metadata, NULL, "What the file says about itself: a Metadata.", NULL},
    {"closed", database_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef methods[] = {
    {"lookup", database_lookup, METH_O, "Says who is behind an address: a str, an int, 4 or 16 bytes, or of ipaddress."},
    {"lookup_many", KEYWORDS(database_lookup_many), METH_VARARGS | METH_KEYWORDS,
     "Looks up many addresses, a list or a NumPy array, and gives a list of Answers in the same order."},
    {"lookup_arrow", KEYWORDS(database_lookup_arrow), METH_VARARGS | METH_KEYWORDS,
     "Looks up a column of addresses, and gives a column of answers, both by the Arrow PyCapsule interface."},
    {"networks", database_networks, METH_O, "The networks of a company by its id, IPv4 first, ascending; none where there is no such company."},
    {"reload", database_reload, METH_NOARGS, "Opens the file anew; gives the new generation's number."},
    {"suppress", database_suppress, METH_O, "Reloads with this suppression list, which is read at each reload from then on."},
    {"close", database_close, METH_NOARGS, "Closes the file; answers that were read from it stay as they are."},
    {"__enter__", database_enter, METH_NOARGS, NULL},
    {"__exit__", database_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot database_slots[] = {
    {Py_tp_doc, "A range file in this process. Any number of threads may use it; it works on after a fork."},
    {Py_tp_dealloc, database_free},
    {Py_tp_repr, database_repr},
    {Py_tp_getset, properties},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec database_spec = {"nameplate.Database", sizeof(Database), 0, FLAGS, database_slots};

bool database_add_types(PyObject *module, State *state) {
    if (changing == NULL && (changing = PyThread_allocate_lock()) == NULL) {
        PyErr_NoMemory();
        return false;
    }
    state->snapshot = (PyTypeObject *)PyType_FromModuleAndSpec(module, &snapshot_spec, NULL);
    state->database = (PyTypeObject *)PyType_FromModuleAndSpec(module, &database_spec, NULL);
    return state->snapshot != NULL && state->database != NULL && PyModule_AddType(module, state->database) == 0;
}
