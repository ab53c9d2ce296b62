--TEST--
Answers can't be changed, before they are read and after
--EXTENSIONS--
nameplate
--FILE--
<?php
$db = Nameplate\Database::open(__DIR__ . '/vectors.npl');
$tries = [
    fn ($answer) => $answer->status = 'x',
    fn ($answer) => $answer->company = null,
    function ($answer) { unset($answer->network); },
    function ($answer) { $reference = &$answer->sources; },
    fn ($answer) => $answer->sources[] = 'x',
    fn ($answer) => $answer->nothing = 1,
    fn ($answer) => (new ReflectionProperty($answer, 'company'))->setValue($answer, null),
    fn ($answer) => $answer->__unserialize(['status' => 'unknown']),
    fn ($answer) => new Nameplate\Answer(),
    fn ($answer) => clone Nameplate\Database::open(__DIR__ . '/vectors.npl'),
    fn ($answer) => serialize(Nameplate\Database::open(__DIR__ . '/vectors.npl')),
];
foreach ($tries as $try) {
    $fresh = $db->lookup('20.0.0.0');
    $read = $db->lookup('20.0.0.0');
    $read->toArray();
    foreach ([$fresh, $read] as $answer) {
        try {
            $try($answer);
            echo "changed\n";
        } catch (Throwable $error) {
            echo get_class($error), ': ', $error->getMessage(), "\n";
        }
        if ($answer->toJson() !== $db->lookup('20.0.0.0')->toJson()) {
            echo "changed\n";
        }
    }
}
?>
--EXPECTF--
Error: Cannot modify readonly property Nameplate\Answer::$status
Error: Cannot modify readonly property Nameplate\Answer::$status
Error: Cannot modify readonly property Nameplate\Answer::$company
Error: Cannot modify readonly property Nameplate\Answer::$company
Error: Cannot unset readonly property Nameplate\Answer::$network
Error: Cannot unset readonly property Nameplate\Answer::$network
Error: Cannot %r(indirectly )?%rmodify readonly property Nameplate\Answer::$sources
Error: Cannot %r(indirectly )?%rmodify readonly property Nameplate\Answer::$sources
Error: Cannot %r(indirectly )?%rmodify readonly property Nameplate\Answer::$sources
Error: Cannot %r(indirectly )?%rmodify readonly property Nameplate\Answer::$sources
Error: Cannot create dynamic property Nameplate\Answer::$nothing
Error: Cannot create dynamic property Nameplate\Answer::$nothing
Error: Cannot modify readonly property Nameplate\Answer::$company
Error: Cannot modify readonly property Nameplate\Answer::$company
Error: Cannot modify readonly property Nameplate\Answer::$status
Error: Cannot modify readonly property Nameplate\Answer::$status
Error: Call to private Nameplate\Answer::__construct() from %s
Error: Call to private Nameplate\Answer::__construct() from %s
Error: Trying to clone an uncloneable object of class Nameplate\Database
Error: Trying to clone an uncloneable object of class Nameplate\Database
Exception: Serialization of 'Nameplate\Database' is not allowed
Exception: Serialization of 'Nameplate\Database' is not allowed
