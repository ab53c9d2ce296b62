--TEST--
Files stay open, are reloaded when they are replaced, and answers survive whatever happens to them
--EXTENSIONS--
nameplate
--FILE--
<?php
$path = __DIR__ . '/handles.npl';
copy(__DIR__ . '/vectors.npl', $path);
$replace = function () use ($path) {
    copy(__DIR__ . '/vectors.npl', "$path.new");
    rename("$path.new", $path);
};
$open = fn () => Nameplate\Database::open($path);

$db = $open();
echo $db->metadata()->generation, "\n";
echo $open()->metadata()->generation, "\n";
$kept = $db->lookup('20.0.0.0');
$replace();
// Looked at where a file is opened; one that is in use is reloaded, too.
echo $db->metadata()->generation, ' ', $open()->metadata()->generation, ' ', $db->metadata()->generation, "\n";
for ($i = 0; $i < 20; $i++) {
    // Were they to hold the files that they came from, the eighth reload would fail.
    $all[] = $db->lookup('20.0.0.0');
    $db->reload();
}
echo $db->metadata()->generation, "\n";
unlink($path);
echo $open()->lookup('20.0.0.0')->name, "\n";
$db->close();
$db->close();
try {
    $db->lookup('20.0.0.0');
} catch (Nameplate\Exception $error) {
    echo $error->getMessage(), "\n";
}
echo count(array_filter($all, fn ($answer) => $answer == $kept && $answer->network->last === '20.0.7.6')), "\n";
try {
    $open();
} catch (Nameplate\Exception $error) {
    echo 'closed by the last that used it', "\n";
}
?>
--CLEAN--
<?php
@unlink(__DIR__ . '/handles.npl');
?>
--EXPECTF--
1
1
1 2 2
22
%aBeispiel Maschinenbau GmbH
this database is closed: open it again with Nameplate\Database::open()
20
closed by the last that used it
