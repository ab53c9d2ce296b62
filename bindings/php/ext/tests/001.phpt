--TEST--
The extension is loaded, and its settings are there
--EXTENSIONS--
nameplate
--FILE--
<?php
var_dump(extension_loaded('nameplate'), phpversion('nameplate'));
var_dump(ini_get_all('nameplate', false));
var_dump(ini_set('nameplate.auto_reload', '0'));
?>
--EXPECT--
bool(true)
string(5) "0.1.0"
array(2) {
  ["nameplate.auto_reload"]=>
  string(1) "1"
  ["nameplate.max_databases"]=>
  string(2) "16"
}
bool(false)
