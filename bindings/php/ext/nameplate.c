/* The module: classes, settings, and what happens at the ends of requests and processes. */

#include "php_nameplate.h"
#include "php_ini.h"
#include "ext/json/php_json.h"
#include "ext/spl/spl_exceptions.h"
#include "ext/standard/info.h"
#include "zend_attributes.h"
#include "zend_exceptions.h"
#include "zend_interfaces.h"

/* gen_stub leaves it to the including file which parameters are used. */
#if defined(__GNUC__)
# pragma GCC diagnostic push
# pragma GCC diagnostic ignored "-Wunused-parameter"
#endif
#include "nameplate_arginfo.h"
#if defined(__GNUC__)
# pragma GCC diagnostic pop
#endif

ZEND_DECLARE_MODULE_GLOBALS(nameplate)

zend_class_entry *np_exception_ce, *np_lookup_ce, *np_database_ce, *np_answer_ce, *np_company_ce, *np_operator_ce,
    *np_network_ce, *np_metadata_ce, *np_source_ce;

PHP_INI_BEGIN()
    STD_PHP_INI_BOOLEAN("nameplate.auto_reload", "1", PHP_INI_SYSTEM, OnUpdateBool, auto_reload,
        zend_nameplate_globals, nameplate_globals)
    STD_PHP_INI_ENTRY("nameplate.max_databases", "16", PHP_INI_SYSTEM, OnUpdateLongGEZero, max_databases,
        zend_nameplate_globals, nameplate_globals)
PHP_INI_END()

/* The arguments that may be a visitor's address are kept out of stack traces. */
static void hide_first_parameter(zend_class_entry *ce, const char *method)
{
#if PHP_VERSION_ID >= 80200
    zend_function *function = zend_hash_str_find_ptr(&ce->function_table, method, strlen(method));

    zend_add_parameter_attribute(function, 0, ZSTR_KNOWN(ZEND_STR_SENSITIVEPARAMETER), 0);
#else
    (void)ce, (void)method;
#endif
}

static PHP_GINIT_FUNCTION(nameplate)
{
#if defined(COMPILE_DL_NAMEPLATE) && defined(ZTS)
    ZEND_TSRMLS_CACHE_UPDATE();
#endif
    memset(nameplate_globals, 0, sizeof *nameplate_globals);
    zend_hash_init(&nameplate_globals->handles, 4, NULL, np_handle_destroy, true);
}

static PHP_GSHUTDOWN_FUNCTION(nameplate)
{
    zend_hash_destroy(&nameplate_globals->handles);
}

static PHP_MINIT_FUNCTION(nameplate)
{
    (void)type;
    if (nameplate_abi_version() != NAMEPLATE_ABI_VERSION) {
        zend_error(E_CORE_ERROR, "nameplate: the extension is made for version %d of libnameplate's interface, and the library "
            "has version %u: build the extension anew against this library", NAMEPLATE_ABI_VERSION, nameplate_abi_version());
        return FAILURE;
    }
    REGISTER_INI_ENTRIES();

    np_exception_ce = register_class_Nameplate_Exception(spl_ce_RuntimeException);
    np_lookup_ce = register_class_Nameplate_Lookup();
    np_database_ce = register_class_Nameplate_Database(np_lookup_ce);
    np_answer_ce = register_class_Nameplate_Answer(php_json_serializable_ce);
    np_company_ce = register_class_Nameplate_Company(php_json_serializable_ce);
    np_operator_ce = register_class_Nameplate_Operator(php_json_serializable_ce);
    np_network_ce = register_class_Nameplate_Network(php_json_serializable_ce);
    np_metadata_ce = register_class_Nameplate_Metadata(php_json_serializable_ce);
    np_source_ce = register_class_Nameplate_Source(php_json_serializable_ce);
    hide_first_parameter(np_database_ce, "lookup");
    hide_first_parameter(np_database_ce, "lookupmany");
    hide_first_parameter(np_database_ce, "lookuppacked");
    hide_first_parameter(np_database_ce, "names");
    np_database_minit();
    np_answer_minit();
    return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(nameplate)
{
    (void)type;
    UNREGISTER_INI_ENTRIES();
    return SUCCESS;
}

static PHP_RINIT_FUNCTION(nameplate)
{
    (void)type, (void)module_number;
#if defined(COMPILE_DL_NAMEPLATE) && defined(ZTS)
    ZEND_TSRMLS_CACHE_UPDATE();
#endif
    return SUCCESS;
}

/* All objects are gone. A script that was ended in the middle may have left some without being freed. */
static ZEND_MODULE_POST_ZEND_DEACTIVATE_D(nameplate)
{
    np_handle *handle;

    ZEND_HASH_FOREACH_PTR(&NP_G(handles), handle) {
        handle->live = NULL;
        handle->users = 0;
    } ZEND_HASH_FOREACH_END();
    return SUCCESS;
}

static PHP_MINFO_FUNCTION(nameplate)
{
    (void)zend_module;
    php_info_print_table_start();
    php_info_print_table_row(2, "nameplate", "enabled");
    php_info_print_table_row(2, "version", PHP_NAMEPLATE_VERSION);
    php_info_print_table_end();
    DISPLAY_INI_ENTRIES();
}

static const zend_module_dep dependencies[] = {
    ZEND_MOD_REQUIRED("json")
    ZEND_MOD_REQUIRED("spl")
    ZEND_MOD_END
};

zend_module_entry nameplate_module_entry = {
    STANDARD_MODULE_HEADER_EX,
    NULL,
    dependencies,
    "nameplate",
    NULL,
    PHP_MINIT(nameplate),
    PHP_MSHUTDOWN(nameplate),
    PHP_RINIT(nameplate),
    NULL,
    PHP_MINFO(nameplate),
    PHP_NAMEPLATE_VERSION,
    PHP_MODULE_GLOBALS(nameplate),
    PHP_GINIT(nameplate),
    PHP_GSHUTDOWN(nameplate),
    ZEND_MODULE_POST_ZEND_DEACTIVATE_N(nameplate),
    STANDARD_MODULE_PROPERTIES_EX
};

#ifdef COMPILE_DL_NAMEPLATE
# ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
# endif
ZEND_GET_MODULE(nameplate)
#endif
