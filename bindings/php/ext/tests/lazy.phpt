--TEST--
Nobody can tell that an answer was not read before
--EXTENSIONS--
nameplate
--FILE--
<?php
$db = Nameplate\Database::open(__DIR__ . '/vectors.npl');
$read = $db->lookup('20.0.0.0');
$read->toArray();
var_dump($db->lookup('20.0.0.0') == $read);
var_dump(print_r($db->lookup('20.0.0.0'), true) === print_r($read, true));
var_dump((array) $db->lookup('20.0.0.0') == (array) $read);
var_dump(clone $db->lookup('20.0.0.0') == $read);
var_dump(serialize($db->lookup('20.0.0.0')) === serialize($read));
var_dump(unserialize(serialize($read)) == $read);
var_dump(json_encode($db->lookup('20.0.0.0')) === json_encode($read));
var_dump(get_object_vars($db->lookup('20.0.0.0')) == get_object_vars($read));
foreach ($db->lookup('10.0.0.0') as $name => $value) {
    echo $name, '=', json_encode($value), ' ';
}
echo "\n";
foreach (['status', 'name', 'company', 'operator', 'network', 'confidence', 'sources', 'block'] as $name) {
    $answer = $db->lookup('20.0.0.0');
    var_dump($answer->$name == $read->$name, isset($db->lookup('20.0.0.0')->$name) === isset($read->$name));
}
$answer = $db->lookup('20.0.0.0');
$reference = WeakReference::create($answer);
unset($answer);
var_dump($reference->get());
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
status="reserved" name="Private-Use" company=null operator=null network=null confidence=null sources=[] block="Private-Use" 
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
NULL
