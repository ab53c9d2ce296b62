/* What users hold: Answer, and its parts Company, Operator and Network.
 *
 * An Answer is some 60 bytes and reads a fact when it is asked for. A Company or an Operator is a view of its answer, made
 * each time it is asked for: that is cheaper than keeping it. None of them can be changed, none is part of a cycle, and
 * none shows in its repr which address was asked for: a network may be of one address alone. */

#include "core.h"

#include <structmember.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    Answer *answer;
} View;

typedef struct {
    PyObject_HEAD
    PyObject *first, *last;
} Network;

static State *state_of(PyObject *object) {
    return PyType_GetModuleState(Py_TYPE(object));
}

static PyObject *str_of(Text text) {
    if (text.text == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromStringAndSize(text.text, (Py_ssize_t)text.length);
}

PyObject *answer_of_hit(Snapshot *snapshot, const nameplate_hit_t *hit) {
    Answer *answer = PyObject_New(Answer, snapshot->state->answer);
    if (answer == NULL) {
        return NULL;
    }
    Py_INCREF(snapshot);
    answer->snapshot = snapshot;
    answer->hit = *hit;
    return (PyObject *)answer;
}

PyObject *answer_of_facts(State *state, const unsigned char *facts, size_t length) {
    Answer *answer = PyObject_New(Answer, state->answer);
    if (answer == NULL) {
        return NULL;
    }
    answer->snapshot = NULL;
    answer->facts.length = length;
    answer->facts.bytes = malloc(length);
    if (answer->facts.bytes == NULL) {
        Py_DECREF(answer);
        return PyErr_NoMemory();
    }
    memcpy(answer->facts.bytes, facts, length);
    return (PyObject *)answer;
}

static void answer_free(PyObject *self) {
    Answer *answer = (Answer *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (answer->snapshot != NULL) {
        Py_DECREF(answer->snapshot);
    } else {
        free(answer->facts.bytes);
    }
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *answer_status(PyObject *self, void *unused) {
    (void)unused;
    uint32_t kind = answer_kind((Answer *)self);
    return Py_NewRef(state_of(self)->statuses[kind < 4 ? kind : 0]);
}

/* The company's name, else the operator's, else the block's. */
static PyObject *answer_name(PyObject *self, void *unused) {
    (void)unused;
    Answer *answer = (Answer *)self;
    if (answer->snapshot != NULL) {
        return str_of((Text){answer->hit.name.data, answer->hit.name.length});
    }
    Text name = answer_text(answer, COMPANY_NAME);
    if (name.text == NULL) {
        name = answer_text(answer, OPERATOR_NAME);
    }
    return str_of(name.text == NULL ? answer_text(answer, BLOCK) : name);
}

static PyObject *view(PyTypeObject *type, PyObject *answer) {
    View *view = PyObject_New(View, type);
    if (view != NULL) {
        view->answer = (Answer *)Py_NewRef(answer);
    }
    return (PyObject *)view;
}

static PyObject *answer_company(PyObject *self, void *unused) {
    (void)unused;
    if (answer_kind((Answer *)self) != NAMEPLATE_COMPANY) {
        Py_RETURN_NONE;
    }
    return view(state_of(self)->company, self);
}

static PyObject *answer_operator(PyObject *self, void *unused) {
    (void)unused;
    uint32_t asn;
    if (!answer_number((Answer *)self, OPERATOR_ASN, &asn)) {
        Py_RETURN_NONE;
    }
    return view(state_of(self)->operator_, self);
}

static PyObject *answer_network(PyObject *self, void *unused) {
    (void)unused;
    Answer *answer = (Answer *)self;
    State *state = state_of(self);
    if (answer->snapshot != NULL) {
        nameplate_range_t range;
        if (nameplate_network(answer->snapshot->handle, answer->hit.interval, &range) != NAMEPLATE_OK) {
            Py_RETURN_NONE;
        }
        return network_of_range(state, &range);
    }
    Text first = answer_text(answer, NETWORK_FIRST);
    if (first.text == NULL) {
        Py_RETURN_NONE;
    }
    return network_of_texts(state, str_of(first), str_of(answer_text(answer, NETWORK_LAST)));
}

static PyObject *answer_confidence(PyObject *self, void *unused) {
    (void)unused;
    uint32_t confidence;
    if (!answer_number((Answer *)self, CONFIDENCE, &confidence)) {
        Py_RETURN_NONE;
    }
    return PyLong_FromUnsignedLong(confidence);
}

/* The sources as a list. */
static PyObject *split_sources(Text sources) {
    if (sources.text == NULL) {
        return PyList_New(0);
    }
    PyObject *joined = str_of(sources), *comma = PyUnicode_FromString(","), *list = NULL;
    if (joined != NULL && comma != NULL) {
        list = PyUnicode_Split(joined, comma, -1);
    }
    Py_XDECREF(joined);
    Py_XDECREF(comma);
    return list;
}

static PyObject *answer_sources(PyObject *self, void *unused) {
    (void)unused;
    Facts facts;
    if (!answer_facts((Answer *)self, &facts)) {
        facts_free(&facts);
        return PyErr_NoMemory();
    }
    PyObject *list = split_sources(facts.texts[SOURCES]), *tuple = NULL;
    facts_free(&facts);
    if (list != NULL) {
        tuple = PyList_AsTuple(list);
        Py_DECREF(list);
    }
    return tuple;
}

static PyObject *answer_block(PyObject *self, void *unused) {
    (void)unused;
    return str_of(answer_text((Answer *)self, BLOCK));
}

/* Puts a value, of which it takes the reference, into a dict; false where there is none, or no memory. */
static bool put(PyObject *dict, const char *key, PyObject *value) {
    bool done = value != NULL && PyDict_SetItemString(dict, key, value) == 0;
    Py_XDECREF(value);
    return done;
}

static PyObject *number_of(Text text) {
    char digits[16] = {0};
    memcpy(digits, text.text, text.length < sizeof digits ? text.length : sizeof digits - 1);
    return PyLong_FromString(digits, NULL, 10);
}

static PyObject *answer_as_dict(PyObject *self, PyObject *unused) {
    (void)unused;
    Facts facts;
    PyObject *dict = PyDict_New();
    bool done = answer_facts((Answer *)self, &facts) && dict != NULL;
    for (int field = 0; done && field < FIELDS; field++) {
        Text text = facts.texts[field];
        if (text.text == NULL) {
            continue;
        }
        PyObject *into = dict, *value;
        const char *name = field_names[field], *dot = strchr(name, '.');
        if (dot != NULL) {
            char outer[16] = {0};
            memcpy(outer, name, (size_t)(dot - name));
            into = PyDict_GetItemString(dict, outer);
            if (into == NULL) {
                done = put(dict, outer, PyDict_New());
                into = done ? PyDict_GetItemString(dict, outer) : NULL;
            }
            name = dot + 1;
        }
        if (!done) {
            break;
        }
        if (field == SOURCES) {
            value = split_sources(text);
        } else if (field == OPERATOR_ASN || field == CONFIDENCE) {
            value = number_of(text);
        } else {
            value = str_of(text);
        }
        done = put(into, name, value);
    }
    facts_free(&facts);
    if (!done) {
        Py_XDECREF(dict);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    return dict;
}

static PyObject *answer_repr(PyObject *self) {
    PyObject *name = answer_name(self, NULL), *status = answer_status(self, NULL), *repr = NULL;
    uint32_t confidence;
    if (name != NULL && status != NULL) {
        if (name == Py_None) {
            repr = PyUnicode_FromFormat("<nameplate.Answer %U>", status);
        } else if (answer_number((Answer *)self, CONFIDENCE, &confidence)) {
            repr = PyUnicode_FromFormat("<nameplate.Answer %U %R, confidence %u>", status, name, confidence);
        } else {
            repr = PyUnicode_FromFormat("<nameplate.Answer %U %R>", status, name);
        }
    }
    Py_XDECREF(name);
    Py_XDECREF(status);
    return repr;
}

/* All facts as a bytes object: equal for answers that say the same, wherever they are from. */
static PyObject *answer_bytes(PyObject *self) {
    Facts facts;
    unsigned char *bytes = NULL;
    size_t length = 0;
    if (answer_facts((Answer *)self, &facts)) {
        bytes = facts_pack(&facts, &length);
    }
    facts_free(&facts);
    if (bytes == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *object = PyBytes_FromStringAndSize((const char *)bytes, (Py_ssize_t)length);
    free(bytes);
    return object;
}

static PyObject *answer_compare(PyObject *self, PyObject *other, int operation) {
    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(self) != Py_TYPE(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *own = answer_bytes(self), *others = answer_bytes(other), *result = NULL;
    if (own != NULL && others != NULL) {
        result = PyObject_RichCompare(own, others, operation);
    }
    Py_XDECREF(own);
    Py_XDECREF(others);
    return result;
}

static Py_hash_t answer_hash(PyObject *self) {
    PyObject *bytes = answer_bytes(self);
    if (bytes == NULL) {
        return -1;
    }
    Py_hash_t hash = PyObject_Hash(bytes);
    Py_DECREF(bytes);
    return hash;
}

/* A pickle holds the facts, and needs no file to be read. */
static PyObject *answer_reduce(PyObject *self, PyObject *unused) {
    (void)unused;
    PyObject *bytes = answer_bytes(self), *core = NULL, *restore = NULL, *result = NULL;
    if (bytes != NULL) {
        core = PyImport_ImportModule("nameplate._core");
    }
    if (core != NULL) {
        restore = PyObject_GetAttrString(core, "restore");
    }
    if (restore != NULL) {
        result = Py_BuildValue("(O(O))", restore, bytes);
    }
    Py_XDECREF(bytes);
    Py_XDECREF(core);
    Py_XDECREF(restore);
    return result;
}

PyObject *answer_restore(PyObject *module, PyObject *bytes) {
    if (!PyBytes_Check(bytes)) {
        PyErr_SetString(PyExc_TypeError, "not the bytes of a pickled Answer");
        return NULL;
    }
    const unsigned char *facts = (const unsigned char *)PyBytes_AsString(bytes);
    size_t length = (size_t)PyBytes_Size(bytes);
    if (!facts_check(facts, length)) {
        PyErr_SetString(PyExc_ValueError, "not the bytes of a pickled Answer: it is damaged, or of another kind of machine");
        return NULL;
    }
    return answer_of_facts(PyModule_GetState(module), facts, length);
}

static PyGetSetDef answer_properties[] = {
    {"status", answer_status, NULL, "'company', 'operator', 'unknown' or 'reserved'.", NULL},
    {"name", answer_name, NULL, "The company's name, else the operator's, else that of the special-purpose block, else None.", NULL},
    {"company", answer_company, NULL, "The Company that uses this network itself, or None.", NULL},
    {"operator", answer_operator, NULL, "The Operator of the network, also where the status is 'company'; None if unknown.", NULL},
    {"network", answer_network, NULL, "The largest Network around the address in which every address has this answer, or None.", NULL},
    {"confidence", answer_confidence, NULL, "How sure it is that this company uses the network, 1 to 100; None where it is no company.", NULL},
    {"sources", answer_sources, NULL, "The short names of the sources that say so, a tuple.", NULL},
    {"block", answer_block, NULL, "The registry's name for a special-purpose block, or None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef answer_methods[] = {
    {"as_dict", answer_as_dict, METH_NOARGS, "All that is known, as the JSON of `nameplate lookup --json` has it."},
    {"__reduce__", answer_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot answer_slots[] = {
    {Py_tp_doc, "What is known of an address. Immutable; reads each fact when it is asked for."},
    {Py_tp_dealloc, answer_free},
    {Py_tp_repr, answer_repr},
    {Py_tp_richcompare, answer_compare},
    {Py_tp_hash, answer_hash},
    {Py_tp_getset, answer_properties},
    {Py_tp_methods, answer_methods},
    {0, NULL},
};

enum { FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE };

static PyType_Spec answer_spec = {"nameplate.Answer", sizeof(Answer), 0, FLAGS, answer_slots};

/* Company and Operator: the closure of a property is its field. */

static void view_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((View *)self)->answer);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *view_text(PyObject *self, void *field) {
    return str_of(answer_text(((View *)self)->answer, (Field)(uintptr_t)field));
}

static PyObject *view_asn(PyObject *self, void *unused) {
    (void)unused;
    uint32_t asn = 0;
    answer_number(((View *)self)->answer, OPERATOR_ASN, &asn);
    return PyLong_FromUnsignedLong(asn);
}

static PyObject *company_repr(PyObject *self) {
    PyObject *name = view_text(self, (void *)COMPANY_NAME), *repr = NULL;
    if (name != NULL) {
        repr = PyUnicode_FromFormat("<nameplate.Company %R>", name);
        Py_DECREF(name);
    }
    return repr;
}

static PyObject *operator_repr(PyObject *self) {
    PyObject *name = view_text(self, (void *)OPERATOR_NAME), *asn = view_asn(self, NULL), *repr = NULL;
    if (name != NULL && asn != NULL) {
        repr = PyUnicode_FromFormat("<nameplate.Operator AS%S %R>", asn, name);
    }
    Py_XDECREF(name);
    Py_XDECREF(asn);
    return repr;
}

/* The facts of a view's own part, with the others left out. */
static PyObject *view_bytes(PyObject *self) {
    Facts facts;
    unsigned char *bytes = NULL;
    size_t length = 0;
    bool company = Py_TYPE(self) == state_of(self)->company;
    if (answer_facts(((View *)self)->answer, &facts)) {
        for (int field = 0; field < FIELDS; field++) {
            bool own = company ? field >= COMPANY_ID && field <= COMPANY_REGISTER_ID : field >= OPERATOR_ASN && field <= OPERATOR_KIND;
            if (!own) {
                facts.texts[field].text = NULL;
            }
        }
        bytes = facts_pack(&facts, &length);
    }
    facts_free(&facts);
    if (bytes == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *object = PyBytes_FromStringAndSize((const char *)bytes, (Py_ssize_t)length);
    free(bytes);
    return object;
}

static PyObject *view_compare(PyObject *self, PyObject *other, int operation) {
    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(self) != Py_TYPE(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *own = view_bytes(self), *others = view_bytes(other), *result = NULL;
    if (own != NULL && others != NULL) {
        result = PyObject_RichCompare(own, others, operation);
    }
    Py_XDECREF(own);
    Py_XDECREF(others);
    return result;
}

static Py_hash_t view_hash(PyObject *self) {
    PyObject *bytes = view_bytes(self);
    if (bytes == NULL) {
        return -1;
    }
    Py_hash_t hash = PyObject_Hash(bytes);
    Py_DECREF(bytes);
    return hash;
}

static PyGetSetDef company_properties[] = {
    {"id", view_text, NULL, "Stable from build to build: 'lei:...', 'asn:...'. For `networks`.", (void *)COMPANY_ID},
    {"name", view_text, NULL, "Name as registered.", (void *)COMPANY_NAME},
    {"kind", view_text, NULL, "'business', 'education', 'government' or 'nonprofit'.", (void *)COMPANY_KIND},
    {"country", view_text, NULL, "ISO 3166-1 alpha-2 code in capitals, or None.", (void *)COMPANY_COUNTRY},
    {"domain", view_text, NULL, "Internet domain, or None.", (void *)COMPANY_DOMAIN},
    {"legal_form", view_text, NULL, "Legal form as written, as 'GmbH', or None.", (void *)COMPANY_LEGAL_FORM},
    {"industry", view_text, NULL, "Industry as the register gives it, or None.", (void *)COMPANY_INDUSTRY},
    {"register", view_text, NULL, "Register in which the company stands, or None.", (void *)COMPANY_REGISTER},
    {"register_id", view_text, NULL, "Number in that register, or None.", (void *)COMPANY_REGISTER_ID},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot company_slots[] = {
    {Py_tp_doc, "An organisation that uses a network itself."},
    {Py_tp_dealloc, view_free},
    {Py_tp_repr, company_repr},
    {Py_tp_richcompare, view_compare},
    {Py_tp_hash, view_hash},
    {Py_tp_getset, company_properties},
    {0, NULL},
};

static PyType_Spec company_spec = {"nameplate.Company", sizeof(View), 0, FLAGS, company_slots};

static PyGetSetDef operator_properties[] = {
    {"asn", view_asn, NULL, "AS number.", NULL},
    {"name", view_text, NULL, "Name of the AS's holder, or None.", (void *)OPERATOR_NAME},
    {"kind", view_text, NULL, "'access', 'hosting', 'mobile', 'vpn', 'transit' or 'exchange'; None if unknown.", (void *)OPERATOR_KIND},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot operator_slots[] = {
    {Py_tp_doc, "Who operates a network."},
    {Py_tp_dealloc, view_free},
    {Py_tp_repr, operator_repr},
    {Py_tp_richcompare, view_compare},
    {Py_tp_hash, view_hash},
    {Py_tp_getset, operator_properties},
    {0, NULL},
};

static PyType_Spec operator_spec = {"nameplate.Operator", sizeof(View), 0, FLAGS, operator_slots};

/* Network. */

PyObject *network_of_texts(State *state, PyObject *first, PyObject *last) {
    Network *network = first == NULL || last == NULL ? NULL : PyObject_New(Network, state->network);
    if (network == NULL) {
        Py_XDECREF(first);
        Py_XDECREF(last);
        return NULL;
    }
    network->first = first;
    network->last = last;
    return (PyObject *)network;
}

PyObject *network_of_range(State *state, const nameplate_range_t *range) {
    char text[ADDRESS_ROOM];
    size_t length = address_write(range->family, range->first, text);
    PyObject *first = PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
    length = address_write(range->family, range->last, text);
    return network_of_texts(state, first, PyUnicode_FromStringAndSize(text, (Py_ssize_t)length));
}

static void network_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(((Network *)self)->first);
    Py_DECREF(((Network *)self)->last);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *network_pair(PyObject *self) {
    return PyTuple_Pack(2, ((Network *)self)->first, ((Network *)self)->last);
}

static PyObject *network_compare(PyObject *self, PyObject *other, int operation) {
    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(self) != Py_TYPE(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *own = network_pair(self), *others = network_pair(other), *result = NULL;
    if (own != NULL && others != NULL) {
        result = PyObject_RichCompare(own, others, operation);
    }
    Py_XDECREF(own);
    Py_XDECREF(others);
    return result;
}

static Py_hash_t network_hash(PyObject *self) {
    PyObject *pair = network_pair(self);
    if (pair == NULL) {
        return -1;
    }
    Py_hash_t hash = PyObject_Hash(pair);
    Py_DECREF(pair);
    return hash;
}

static PyObject *network_repr(PyObject *self) {
    return PyUnicode_FromFormat("<nameplate.Network IPv%s>", PyUnicode_FindChar(((Network *)self)->first, ':', 0, PY_SSIZE_T_MAX, 1) >= 0 ? "6" : "4");
}

static PyMemberDef network_members[] = {
    {"first", T_OBJECT_EX, offsetof(Network, first), READONLY, "First address, a str."},
    {"last", T_OBJECT_EX, offsetof(Network, last), READONLY, "Last address, a str."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot network_slots[] = {
    {Py_tp_doc, "Addresses from `first` to `last`, both included. Its repr does not show them."},
    {Py_tp_dealloc, network_free},
    {Py_tp_repr, network_repr},
    {Py_tp_richcompare, network_compare},
    {Py_tp_hash, network_hash},
    {Py_tp_members, network_members},
    {0, NULL},
};

static PyType_Spec network_spec = {"nameplate.Network", sizeof(Network), 0, FLAGS, network_slots};

static bool add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type) {
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type != NULL && PyModule_AddType(module, *type) == 0;
}

bool answer_add_types(PyObject *module, State *state) {
    return add_type(module, &answer_spec, &state->answer) && add_type(module, &company_spec, &state->company) &&
           add_type(module, &operator_spec, &state->operator_) && add_type(module, &network_spec, &state->network);
}
