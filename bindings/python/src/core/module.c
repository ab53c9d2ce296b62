/* The module nameplate._core. */

#include "core.h"

#include <string.h>

/* By status: the codes that NameplateError.code may have, beside the client's. */
static const struct {
    uint32_t status;
    const char *code;
} codes[] = {
    {NAMEPLATE_ERROR_MISSING, "missing"},     {NAMEPLATE_ERROR_IO, "io"},
    {NAMEPLATE_ERROR_EMPTY, "empty"},         {NAMEPLATE_ERROR_FOREIGN, "foreign"},
    {NAMEPLATE_ERROR_NEWER, "newer"},         {NAMEPLATE_ERROR_UNSIGNED, "unsigned"},
    {NAMEPLATE_ERROR_SIGNATURE, "signature"}, {NAMEPLATE_ERROR_DAMAGED, "damaged"},
    {NAMEPLATE_ERROR_SUPPRESSION, "suppression"}, {NAMEPLATE_ERROR_KEY, "key"},
    {NAMEPLATE_ERROR_OLDER, "older"},         {NAMEPLATE_ERROR_HELD, "held"},
    {NAMEPLATE_ERROR_NOT_FOUND, "not_found"},
};

PyObject *raise_error(State *state, const char *code, const char *text) {
    PyObject *error = PyObject_CallFunction(state->error, "s", text);
    PyObject *name = error == NULL ? NULL : PyUnicode_FromString(code);
    if (name != NULL && PyObject_SetAttrString(error, "code", name) == 0) {
        PyErr_SetObject(state->error, error);
    }
    Py_XDECREF(name);
    Py_XDECREF(error);
    return NULL;
}

PyObject *raise_status(State *state, uint32_t status, const char *text) {
    const char *code = "defect";
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].status == status) {
            code = codes[i].code;
        }
    }
    return raise_error(state, code, text == NULL || *text == '\0' ? nameplate_status_text(status) : text);
}

#define HINT "give an IPv4 dotted quad or IPv6 without port, prefix, zone or spaces, 4 or 16 bytes, or a number from 0 to 2**128-1"

PyObject *raise_address(Py_ssize_t index) {
    if (index < 0) {
        PyErr_SetString(PyExc_ValueError, "not an IP address: " HINT);
    } else {
        PyErr_Format(PyExc_ValueError, "item %zd is not an IP address: " HINT "; or pass errors='null' to get None for such items", index);
    }
    return NULL;
}

static bool intern(PyObject **into, const char *text) {
    *into = PyUnicode_InternFromString(text);
    return *into != NULL;
}

static bool import_ipaddress(State *state) {
    PyObject *module = PyImport_ImportModule("ipaddress");
    if (module == NULL) {
        return false;
    }
    state->ipv4_address = PyObject_GetAttrString(module, "IPv4Address");
    state->ipv6_address = PyObject_GetAttrString(module, "IPv6Address");
    state->ipv4_interface = PyObject_GetAttrString(module, "IPv4Interface");
    state->ipv6_interface = PyObject_GetAttrString(module, "IPv6Interface");
    Py_DECREF(module);
    return state->ipv4_address != NULL && state->ipv6_address != NULL && state->ipv4_interface != NULL &&
           state->ipv6_interface != NULL;
}

static bool add_error(PyObject *module, State *state) {
    PyObject *attributes = Py_BuildValue("{s:O}", "code", Py_None);
    if (attributes == NULL) {
        return false;
    }
    state->error = PyErr_NewExceptionWithDoc(
        "nameplate.NameplateError",
        "A file or a socket can't be used. The text says what to do; `code` says in a word what it was: 'missing',\n"
        "'damaged', 'newer', 'older', 'closed', 'socket', 'timeout', 'protocol' and others, which the README lists.",
        NULL, attributes);
    Py_DECREF(attributes);
    return state->error != NULL && PyModule_AddObjectRef(module, "NameplateError", state->error) == 0;
}

static int module_exec(PyObject *module) {
    State *state = PyModule_GetState(module);
    if (nameplate_abi_version() != NAMEPLATE_ABI_VERSION) {
        PyErr_SetString(PyExc_ImportError, "nameplate was built of a library and a header of different versions: install it anew");
        return -1;
    }
    quads_prepare();
    for (int kind = 0; kind < 4; kind++) {
        if (!intern(&state->statuses[kind], status_names[kind])) {
            return -1;
        }
    }
    state->incomplete = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    if (state->incomplete == NULL || PyModule_AddObjectRef(module, "INCOMPLETE", state->incomplete) < 0) {
        return -1;
    }
    bool done = import_ipaddress(state) && add_error(module, state) && answer_add_types(module, state) &&
                database_add_types(module, state) && reader_add_type(module, state) && arrow_add_type(module, state);
    return done ? 0 : -1;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
    State *state = PyModule_GetState(module);
    Py_VISIT(state->database);
    Py_VISIT(state->snapshot);
    Py_VISIT(state->answer);
    Py_VISIT(state->company);
    Py_VISIT(state->operator_);
    Py_VISIT(state->network);
    Py_VISIT(state->reader);
    Py_VISIT(state->arrow);
    Py_VISIT(state->error);
    Py_VISIT(state->ipv4_address);
    Py_VISIT(state->ipv6_address);
    Py_VISIT(state->ipv4_interface);
    Py_VISIT(state->ipv6_interface);
    return 0;
}

static int module_clear(PyObject *module) {
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->database);
    Py_CLEAR(state->snapshot);
    Py_CLEAR(state->answer);
    Py_CLEAR(state->company);
    Py_CLEAR(state->operator_);
    Py_CLEAR(state->network);
    Py_CLEAR(state->reader);
    Py_CLEAR(state->arrow);
    Py_CLEAR(state->error);
    Py_CLEAR(state->ipv4_address);
    Py_CLEAR(state->ipv6_address);
    Py_CLEAR(state->ipv4_interface);
    Py_CLEAR(state->ipv6_interface);
    for (int kind = 0; kind < 4; kind++) {
        Py_CLEAR(state->statuses[kind]);
    }
    Py_CLEAR(state->incomplete);
    return 0;
}

static void module_free(void *module) {
    module_clear(module);
}

/* unknown(): the answer that says nothing. */
static PyObject *unknown(PyObject *module, PyObject *ignored) {
    (void)ignored;
    unsigned char facts[16];
    unsigned char *end = facts_put(facts, STATUS, "unknown", 7);
    return answer_of_facts(PyModule_GetState(module), facts, (size_t)(end - facts));
}

/* refuse(item): raises the error for an item that is no address. */
static PyObject *refuse(PyObject *module, PyObject *item) {
    (void)module;
    Py_ssize_t index = PyLong_AsSsize_t(item);
    return index < 0 && PyErr_Occurred() ? NULL : raise_address(index);
}

/* A function of keywords has another C type than the table says; Python knows by the flags. */
#define KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef functions[] = {
    {"open", KEYWORDS(database_open), METH_VARARGS | METH_KEYWORDS, NULL},
    {"restore", answer_restore, METH_O, NULL},
    {"unknown", unknown, METH_NOARGS, NULL},
    {"refuse", refuse, METH_O, NULL},
    {"encode", resp_encode, METH_VARARGS, NULL},
    {"addresses", addresses_tuple, METH_O, NULL},
    {"arrow_addresses", arrow_addresses, METH_O, NULL},
    {"arrow_of_answers", arrow_of_answers, METH_VARARGS, NULL},
    {"before_fork", before_fork, METH_NOARGS, NULL},
    {"after_fork", after_fork, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "nameplate._core",
    .m_doc = "The C part of nameplate; import nameplate instead.",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void) {
    return PyModuleDef_Init(&definition);
}
