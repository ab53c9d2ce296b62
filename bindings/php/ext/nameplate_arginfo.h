/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: beff0d5a66b25f6a0ce1cdeb8c991103c74fe817 */

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Lookup_lookup, 0, 1, Nameplate\\Answer, 0)
	ZEND_ARG_TYPE_INFO(0, ip, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Nameplate_Lookup_lookupMany, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO(0, ips, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Lookup_names arginfo_class_Nameplate_Lookup_lookupMany

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Nameplate_Lookup_lookupPacked, 0, 1, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, addresses, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, width, IS_LONG, 0, "4")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Lookup_answer, 0, 1, Nameplate\\Answer, 0)
	ZEND_ARG_TYPE_INFO(0, id, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Nameplate_Lookup_networks, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO(0, id, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Lookup_metadata, 0, 0, Nameplate\\Metadata, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Nameplate_Lookup_reload, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Lookup_close arginfo_class_Nameplate_Lookup_reload

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Nameplate_Database___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Database_open, 0, 1, Nameplate\\Database, 0)
	ZEND_ARG_TYPE_INFO(0, path, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, suppression, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, publicKey, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, verify, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, copy, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, prefault, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, allowOlder, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Database_lookup arginfo_class_Nameplate_Lookup_lookup

#define arginfo_class_Nameplate_Database_lookupMany arginfo_class_Nameplate_Lookup_lookupMany

#define arginfo_class_Nameplate_Database_names arginfo_class_Nameplate_Lookup_lookupMany

#define arginfo_class_Nameplate_Database_lookupPacked arginfo_class_Nameplate_Lookup_lookupPacked

#define arginfo_class_Nameplate_Database_answer arginfo_class_Nameplate_Lookup_answer

#define arginfo_class_Nameplate_Database_networks arginfo_class_Nameplate_Lookup_networks

#define arginfo_class_Nameplate_Database_metadata arginfo_class_Nameplate_Lookup_metadata

#define arginfo_class_Nameplate_Database_reload arginfo_class_Nameplate_Lookup_reload

#define arginfo_class_Nameplate_Database_close arginfo_class_Nameplate_Lookup_reload

#define arginfo_class_Nameplate_Answer___construct arginfo_class_Nameplate_Database___construct

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Answer_fromArray, 0, 1, Nameplate\\Answer, 0)
	ZEND_ARG_TYPE_INFO(0, json, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Nameplate_Answer_toArray, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Nameplate_Answer_toJson, 0, 0, IS_STRING, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Answer_jsonSerialize arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Answer___serialize arginfo_class_Nameplate_Answer_toArray

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Nameplate_Answer___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Company___construct arginfo_class_Nameplate_Database___construct

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Company_fromArray, 0, 1, Nameplate\\Company, 0)
	ZEND_ARG_TYPE_INFO(0, json, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Company_toArray arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Company_jsonSerialize arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Operator___construct arginfo_class_Nameplate_Database___construct

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Operator_fromArray, 0, 1, Nameplate\\Operator, 0)
	ZEND_ARG_TYPE_INFO(0, json, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Operator_toArray arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Operator_jsonSerialize arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Network___construct arginfo_class_Nameplate_Database___construct

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Network_fromArray, 0, 1, Nameplate\\\116etwork, 0)
	ZEND_ARG_TYPE_INFO(0, json, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Network_toArray arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Network_jsonSerialize arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Metadata___construct arginfo_class_Nameplate_Database___construct

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Metadata_fromArray, 0, 1, Nameplate\\Metadata, 0)
	ZEND_ARG_TYPE_INFO(0, json, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Metadata_toArray arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Metadata_jsonSerialize arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Source___construct arginfo_class_Nameplate_Database___construct

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Nameplate_Source_fromArray, 0, 1, Nameplate\\Source, 0)
	ZEND_ARG_TYPE_INFO(0, json, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Nameplate_Source_toArray arginfo_class_Nameplate_Answer_toArray

#define arginfo_class_Nameplate_Source_jsonSerialize arginfo_class_Nameplate_Answer_toArray


ZEND_METHOD(Nameplate_Database, __construct);
ZEND_METHOD(Nameplate_Database, open);
ZEND_METHOD(Nameplate_Database, lookup);
ZEND_METHOD(Nameplate_Database, lookupMany);
ZEND_METHOD(Nameplate_Database, names);
ZEND_METHOD(Nameplate_Database, lookupPacked);
ZEND_METHOD(Nameplate_Database, answer);
ZEND_METHOD(Nameplate_Database, networks);
ZEND_METHOD(Nameplate_Database, metadata);
ZEND_METHOD(Nameplate_Database, reload);
ZEND_METHOD(Nameplate_Database, close);
ZEND_METHOD(Nameplate_Answer, __construct);
ZEND_METHOD(Nameplate_Answer, fromArray);
ZEND_METHOD(Nameplate_Answer, toArray);
ZEND_METHOD(Nameplate_Answer, toJson);
ZEND_METHOD(Nameplate_Answer, jsonSerialize);
ZEND_METHOD(Nameplate_Answer, __serialize);
ZEND_METHOD(Nameplate_Answer, __unserialize);
ZEND_METHOD(Nameplate_Company, __construct);
ZEND_METHOD(Nameplate_Company, fromArray);
ZEND_METHOD(Nameplate_Company, toArray);
ZEND_METHOD(Nameplate_Company, jsonSerialize);
ZEND_METHOD(Nameplate_Operator, __construct);
ZEND_METHOD(Nameplate_Operator, fromArray);
ZEND_METHOD(Nameplate_Operator, toArray);
ZEND_METHOD(Nameplate_Operator, jsonSerialize);
ZEND_METHOD(Nameplate_Network, __construct);
ZEND_METHOD(Nameplate_Network, fromArray);
ZEND_METHOD(Nameplate_Network, toArray);
ZEND_METHOD(Nameplate_Network, jsonSerialize);
ZEND_METHOD(Nameplate_Metadata, __construct);
ZEND_METHOD(Nameplate_Metadata, fromArray);
ZEND_METHOD(Nameplate_Metadata, toArray);
ZEND_METHOD(Nameplate_Metadata, jsonSerialize);
ZEND_METHOD(Nameplate_Source, __construct);
ZEND_METHOD(Nameplate_Source, fromArray);
ZEND_METHOD(Nameplate_Source, toArray);
ZEND_METHOD(Nameplate_Source, jsonSerialize);


static const zend_function_entry class_Nameplate_Exception_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Lookup_methods[] = {
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, lookup, arginfo_class_Nameplate_Lookup_lookup, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, lookupMany, arginfo_class_Nameplate_Lookup_lookupMany, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, names, arginfo_class_Nameplate_Lookup_names, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, lookupPacked, arginfo_class_Nameplate_Lookup_lookupPacked, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, answer, arginfo_class_Nameplate_Lookup_answer, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, networks, arginfo_class_Nameplate_Lookup_networks, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, metadata, arginfo_class_Nameplate_Lookup_metadata, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, reload, arginfo_class_Nameplate_Lookup_reload, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Nameplate_Lookup, close, arginfo_class_Nameplate_Lookup_close, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Database_methods[] = {
	ZEND_ME(Nameplate_Database, __construct, arginfo_class_Nameplate_Database___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Nameplate_Database, open, arginfo_class_Nameplate_Database_open, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Nameplate_Database, lookup, arginfo_class_Nameplate_Database_lookup, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, lookupMany, arginfo_class_Nameplate_Database_lookupMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, names, arginfo_class_Nameplate_Database_names, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, lookupPacked, arginfo_class_Nameplate_Database_lookupPacked, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, answer, arginfo_class_Nameplate_Database_answer, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, networks, arginfo_class_Nameplate_Database_networks, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, metadata, arginfo_class_Nameplate_Database_metadata, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, reload, arginfo_class_Nameplate_Database_reload, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Database, close, arginfo_class_Nameplate_Database_close, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Answer_methods[] = {
	ZEND_ME(Nameplate_Answer, __construct, arginfo_class_Nameplate_Answer___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Nameplate_Answer, fromArray, arginfo_class_Nameplate_Answer_fromArray, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Nameplate_Answer, toArray, arginfo_class_Nameplate_Answer_toArray, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Answer, toJson, arginfo_class_Nameplate_Answer_toJson, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Answer, jsonSerialize, arginfo_class_Nameplate_Answer_jsonSerialize, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Answer, __serialize, arginfo_class_Nameplate_Answer___serialize, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Answer, __unserialize, arginfo_class_Nameplate_Answer___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Company_methods[] = {
	ZEND_ME(Nameplate_Company, __construct, arginfo_class_Nameplate_Company___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Nameplate_Company, fromArray, arginfo_class_Nameplate_Company_fromArray, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Nameplate_Company, toArray, arginfo_class_Nameplate_Company_toArray, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Company, jsonSerialize, arginfo_class_Nameplate_Company_jsonSerialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Operator_methods[] = {
	ZEND_ME(Nameplate_Operator, __construct, arginfo_class_Nameplate_Operator___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Nameplate_Operator, fromArray, arginfo_class_Nameplate_Operator_fromArray, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Nameplate_Operator, toArray, arginfo_class_Nameplate_Operator_toArray, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Operator, jsonSerialize, arginfo_class_Nameplate_Operator_jsonSerialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Network_methods[] = {
	ZEND_ME(Nameplate_Network, __construct, arginfo_class_Nameplate_Network___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Nameplate_Network, fromArray, arginfo_class_Nameplate_Network_fromArray, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Nameplate_Network, toArray, arginfo_class_Nameplate_Network_toArray, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Network, jsonSerialize, arginfo_class_Nameplate_Network_jsonSerialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Metadata_methods[] = {
	ZEND_ME(Nameplate_Metadata, __construct, arginfo_class_Nameplate_Metadata___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Nameplate_Metadata, fromArray, arginfo_class_Nameplate_Metadata_fromArray, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Nameplate_Metadata, toArray, arginfo_class_Nameplate_Metadata_toArray, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Metadata, jsonSerialize, arginfo_class_Nameplate_Metadata_jsonSerialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Nameplate_Source_methods[] = {
	ZEND_ME(Nameplate_Source, __construct, arginfo_class_Nameplate_Source___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Nameplate_Source, fromArray, arginfo_class_Nameplate_Source_fromArray, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Nameplate_Source, toArray, arginfo_class_Nameplate_Source_toArray, ZEND_ACC_PUBLIC)
	ZEND_ME(Nameplate_Source, jsonSerialize, arginfo_class_Nameplate_Source_jsonSerialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Nameplate_Exception(zend_class_entry *class_entry_RuntimeException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Exception", class_Nameplate_Exception_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Lookup(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Lookup", class_Nameplate_Lookup_methods);
	class_entry = zend_register_internal_interface(&ce);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Database(zend_class_entry *class_entry_Nameplate_Lookup)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Database", class_Nameplate_Database_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;
	zend_class_implements(class_entry, 1, class_entry_Nameplate_Lookup);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Answer(zend_class_entry *class_entry_JsonSerializable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Answer", class_Nameplate_Answer_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_JsonSerializable);

	zval property_status_default_value;
	ZVAL_UNDEF(&property_status_default_value);
	zend_string *property_status_name = zend_string_init("status", sizeof("status") - 1, 1);
	zend_declare_typed_property(class_entry, property_status_name, &property_status_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_status_name);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_name_name);

	zend_string *property_company_class_Nameplate_Company = zend_string_init("Nameplate\\Company", sizeof("Nameplate\\Company")-1, 1);
	zval property_company_default_value;
	ZVAL_UNDEF(&property_company_default_value);
	zend_string *property_company_name = zend_string_init("company", sizeof("company") - 1, 1);
	zend_declare_typed_property(class_entry, property_company_name, &property_company_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_company_class_Nameplate_Company, 0, MAY_BE_NULL));
	zend_string_release(property_company_name);

	zend_string *property_operator_class_Nameplate_Operator = zend_string_init("Nameplate\\Operator", sizeof("Nameplate\\Operator")-1, 1);
	zval property_operator_default_value;
	ZVAL_UNDEF(&property_operator_default_value);
	zend_string *property_operator_name = zend_string_init("operator", sizeof("operator") - 1, 1);
	zend_declare_typed_property(class_entry, property_operator_name, &property_operator_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_operator_class_Nameplate_Operator, 0, MAY_BE_NULL));
	zend_string_release(property_operator_name);

	zend_string *property_network_class_Nameplate_Network = zend_string_init("Nameplate\\\116etwork", sizeof("Nameplate\\\116etwork")-1, 1);
	zval property_network_default_value;
	ZVAL_UNDEF(&property_network_default_value);
	zend_string *property_network_name = zend_string_init("network", sizeof("network") - 1, 1);
	zend_declare_typed_property(class_entry, property_network_name, &property_network_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_network_class_Nameplate_Network, 0, MAY_BE_NULL));
	zend_string_release(property_network_name);

	zval property_confidence_default_value;
	ZVAL_UNDEF(&property_confidence_default_value);
	zend_string *property_confidence_name = zend_string_init("confidence", sizeof("confidence") - 1, 1);
	zend_declare_typed_property(class_entry, property_confidence_name, &property_confidence_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_confidence_name);

	zval property_sources_default_value;
	ZVAL_UNDEF(&property_sources_default_value);
	zend_string *property_sources_name = zend_string_init("sources", sizeof("sources") - 1, 1);
	zend_declare_typed_property(class_entry, property_sources_name, &property_sources_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_sources_name);

	zval property_block_default_value;
	ZVAL_UNDEF(&property_block_default_value);
	zend_string *property_block_name = zend_string_init("block", sizeof("block") - 1, 1);
	zend_declare_typed_property(class_entry, property_block_name, &property_block_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_block_name);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Company(zend_class_entry *class_entry_JsonSerializable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Company", class_Nameplate_Company_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_JsonSerializable);

	zval property_id_default_value;
	ZVAL_UNDEF(&property_id_default_value);
	zend_string *property_id_name = zend_string_init("id", sizeof("id") - 1, 1);
	zend_declare_typed_property(class_entry, property_id_name, &property_id_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_id_name);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_kind_default_value;
	ZVAL_UNDEF(&property_kind_default_value);
	zend_string *property_kind_name = zend_string_init("kind", sizeof("kind") - 1, 1);
	zend_declare_typed_property(class_entry, property_kind_name, &property_kind_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_kind_name);

	zval property_country_default_value;
	ZVAL_UNDEF(&property_country_default_value);
	zend_string *property_country_name = zend_string_init("country", sizeof("country") - 1, 1);
	zend_declare_typed_property(class_entry, property_country_name, &property_country_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_country_name);

	zval property_domain_default_value;
	ZVAL_UNDEF(&property_domain_default_value);
	zend_string *property_domain_name = zend_string_init("domain", sizeof("domain") - 1, 1);
	zend_declare_typed_property(class_entry, property_domain_name, &property_domain_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_domain_name);

	zval property_legalForm_default_value;
	ZVAL_UNDEF(&property_legalForm_default_value);
	zend_string *property_legalForm_name = zend_string_init("legalForm", sizeof("legalForm") - 1, 1);
	zend_declare_typed_property(class_entry, property_legalForm_name, &property_legalForm_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_legalForm_name);

	zval property_industry_default_value;
	ZVAL_UNDEF(&property_industry_default_value);
	zend_string *property_industry_name = zend_string_init("industry", sizeof("industry") - 1, 1);
	zend_declare_typed_property(class_entry, property_industry_name, &property_industry_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_industry_name);

	zval property_register_default_value;
	ZVAL_UNDEF(&property_register_default_value);
	zend_string *property_register_name = zend_string_init("register", sizeof("register") - 1, 1);
	zend_declare_typed_property(class_entry, property_register_name, &property_register_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_register_name);

	zval property_registerId_default_value;
	ZVAL_UNDEF(&property_registerId_default_value);
	zend_string *property_registerId_name = zend_string_init("registerId", sizeof("registerId") - 1, 1);
	zend_declare_typed_property(class_entry, property_registerId_name, &property_registerId_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_registerId_name);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Operator(zend_class_entry *class_entry_JsonSerializable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Operator", class_Nameplate_Operator_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_JsonSerializable);

	zval property_asn_default_value;
	ZVAL_UNDEF(&property_asn_default_value);
	zend_string *property_asn_name = zend_string_init("asn", sizeof("asn") - 1, 1);
	zend_declare_typed_property(class_entry, property_asn_name, &property_asn_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_asn_name);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_name_name);

	zval property_kind_default_value;
	ZVAL_UNDEF(&property_kind_default_value);
	zend_string *property_kind_name = zend_string_init("kind", sizeof("kind") - 1, 1);
	zend_declare_typed_property(class_entry, property_kind_name, &property_kind_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_kind_name);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Network(zend_class_entry *class_entry_JsonSerializable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Network", class_Nameplate_Network_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_JsonSerializable);

	zval property_first_default_value;
	ZVAL_UNDEF(&property_first_default_value);
	zend_string *property_first_name = zend_string_init("first", sizeof("first") - 1, 1);
	zend_declare_typed_property(class_entry, property_first_name, &property_first_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_first_name);

	zval property_last_default_value;
	ZVAL_UNDEF(&property_last_default_value);
	zend_string *property_last_name = zend_string_init("last", sizeof("last") - 1, 1);
	zend_declare_typed_property(class_entry, property_last_name, &property_last_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_last_name);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Metadata(zend_class_entry *class_entry_JsonSerializable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Metadata", class_Nameplate_Metadata_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_JsonSerializable);

	zval property_formatVersion_default_value;
	ZVAL_UNDEF(&property_formatVersion_default_value);
	zend_string *property_formatVersion_name = zend_string_init("formatVersion", sizeof("formatVersion") - 1, 1);
	zend_declare_typed_property(class_entry, property_formatVersion_name, &property_formatVersion_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_formatVersion_name);

	zval property_buildNumber_default_value;
	ZVAL_UNDEF(&property_buildNumber_default_value);
	zend_string *property_buildNumber_name = zend_string_init("buildNumber", sizeof("buildNumber") - 1, 1);
	zend_declare_typed_property(class_entry, property_buildNumber_name, &property_buildNumber_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_buildNumber_name);

	zval property_generation_default_value;
	ZVAL_UNDEF(&property_generation_default_value);
	zend_string *property_generation_name = zend_string_init("generation", sizeof("generation") - 1, 1);
	zend_declare_typed_property(class_entry, property_generation_name, &property_generation_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_generation_name);

	zval property_created_default_value;
	ZVAL_UNDEF(&property_created_default_value);
	zend_string *property_created_name = zend_string_init("created", sizeof("created") - 1, 1);
	zend_declare_typed_property(class_entry, property_created_name, &property_created_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_created_name);

	zval property_bytes_default_value;
	ZVAL_UNDEF(&property_bytes_default_value);
	zend_string *property_bytes_name = zend_string_init("bytes", sizeof("bytes") - 1, 1);
	zend_declare_typed_property(class_entry, property_bytes_name, &property_bytes_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_bytes_name);

	zval property_v4Intervals_default_value;
	ZVAL_UNDEF(&property_v4Intervals_default_value);
	zend_string *property_v4Intervals_name = zend_string_init("v4Intervals", sizeof("v4Intervals") - 1, 1);
	zend_declare_typed_property(class_entry, property_v4Intervals_name, &property_v4Intervals_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_v4Intervals_name);

	zval property_v6Intervals_default_value;
	ZVAL_UNDEF(&property_v6Intervals_default_value);
	zend_string *property_v6Intervals_name = zend_string_init("v6Intervals", sizeof("v6Intervals") - 1, 1);
	zend_declare_typed_property(class_entry, property_v6Intervals_name, &property_v6Intervals_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_v6Intervals_name);

	zval property_answers_default_value;
	ZVAL_UNDEF(&property_answers_default_value);
	zend_string *property_answers_name = zend_string_init("answers", sizeof("answers") - 1, 1);
	zend_declare_typed_property(class_entry, property_answers_name, &property_answers_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_answers_name);

	zval property_companies_default_value;
	ZVAL_UNDEF(&property_companies_default_value);
	zend_string *property_companies_name = zend_string_init("companies", sizeof("companies") - 1, 1);
	zend_declare_typed_property(class_entry, property_companies_name, &property_companies_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_companies_name);

	zval property_operators_default_value;
	ZVAL_UNDEF(&property_operators_default_value);
	zend_string *property_operators_name = zend_string_init("operators", sizeof("operators") - 1, 1);
	zend_declare_typed_property(class_entry, property_operators_name, &property_operators_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_operators_name);

	zval property_sources_default_value;
	ZVAL_UNDEF(&property_sources_default_value);
	zend_string *property_sources_name = zend_string_init("sources", sizeof("sources") - 1, 1);
	zend_declare_typed_property(class_entry, property_sources_name, &property_sources_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY|MAY_BE_NULL));
	zend_string_release(property_sources_name);

	return class_entry;
}

static zend_class_entry *register_class_Nameplate_Source(zend_class_entry *class_entry_JsonSerializable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Nameplate", "Source", class_Nameplate_Source_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_JsonSerializable);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_rows_default_value;
	ZVAL_UNDEF(&property_rows_default_value);
	zend_string *property_rows_name = zend_string_init("rows", sizeof("rows") - 1, 1);
	zend_declare_typed_property(class_entry, property_rows_name, &property_rows_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_rows_name);

	zval property_title_default_value;
	ZVAL_UNDEF(&property_title_default_value);
	zend_string *property_title_name = zend_string_init("title", sizeof("title") - 1, 1);
	zend_declare_typed_property(class_entry, property_title_name, &property_title_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_title_name);

	zval property_licence_default_value;
	ZVAL_UNDEF(&property_licence_default_value);
	zend_string *property_licence_name = zend_string_init("licence", sizeof("licence") - 1, 1);
	zend_declare_typed_property(class_entry, property_licence_name, &property_licence_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_licence_name);

	zval property_attribution_default_value;
	ZVAL_UNDEF(&property_attribution_default_value);
	zend_string *property_attribution_name = zend_string_init("attribution", sizeof("attribution") - 1, 1);
	zend_declare_typed_property(class_entry, property_attribution_name, &property_attribution_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_attribution_name);

	zval property_url_default_value;
	ZVAL_UNDEF(&property_url_default_value);
	zend_string *property_url_name = zend_string_init("url", sizeof("url") - 1, 1);
	zend_declare_typed_property(class_entry, property_url_name, &property_url_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_url_name);

	zval property_date_default_value;
	ZVAL_UNDEF(&property_date_default_value);
	zend_string *property_date_name = zend_string_init("date", sizeof("date") - 1, 1);
	zend_declare_typed_property(class_entry, property_date_name, &property_date_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_date_name);

	return class_entry;
}
