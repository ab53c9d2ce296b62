--TEST--
open_basedir holds, for each request, also where the file is open already
--EXTENSIONS--
nameplate
--FILE--
<?php
$db = Nameplate\Database::open(__DIR__ . '/vectors.npl');
ini_set('open_basedir', '/nowhere');
try {
    Nameplate\Database::open(__DIR__ . '/vectors.npl');
} catch (Nameplate\Exception $error) {
    echo strtr($error->getMessage(), [__DIR__ => '.']), "\n";
}
echo $db->lookup('20.0.0.0')->name, "\n";
?>
--EXPECT--
./vectors.npl: outside of the folders that open_basedir allows: add its folder to open_basedir
Beispiel Maschinenbau GmbH
