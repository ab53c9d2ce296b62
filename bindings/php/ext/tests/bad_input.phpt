--TEST--
What is no address, and what is no database
--EXTENSIONS--
nameplate
--INI--
zend.exception_ignore_args=0
--FILE--
<?php
$db = Nameplate\Database::open(__DIR__ . '/vectors.npl');
$open = fn (...$arguments) => fn () => Nameplate\Database::open(...$arguments);
$tries = [
    fn () => $db->lookup(''),
    fn () => $db->lookup('198.51.100.300'),
    fn () => $db->lookup(str_repeat('1', 10 << 20)),
    fn () => $db->lookup("20.0.0.0\0"),
    fn () => $db->lookup(null),
    fn () => $db->lookup([]),
    fn () => $db->lookup(),
    fn () => $db->lookupMany(['20.0.0.0', 'x']),
    fn () => $db->lookupMany(array_fill(0, 1000, '20.0.0.0') + [1000 => 'x']),
    fn () => $db->lookupMany([['20.0.0.0']]),
    fn () => $db->names(['k' => 7]),
    fn () => $db->lookupPacked('12345'),
    fn () => $db->lookupPacked('12345', 5),
    fn () => $db->answer(-1),
    fn () => $db->answer(PHP_INT_MAX),
    fn () => $db->networks(null),
    $open(''),
    $open("a\0b"),
    $open('/nowhere/x.npl'),
    $open(__DIR__),
    $open(__FILE__),
    $open(__DIR__ . '/vectors.npl', suppression: '/nowhere/x.list'),
    $open(__DIR__ . '/vectors.npl', publicKey: 'x'),
];
foreach ($tries as $try) {
    try {
        $try();
        echo "nothing\n";
    } catch (Throwable $error) {
        echo get_class($error), ': ', substr(strtr($error->getMessage(), [__DIR__ => '.']), 0, 150), "\n";
        if (str_contains($error, '198.51.100.300')) {
            echo "The address is in the trace\n";
        }
    }
}
?>
--EXPECTF--
InvalidArgumentException: this is no IPv4 or IPv6 address: pass one as text, %s
InvalidArgumentException: this is no IPv4 or IPv6 address: pass one as text, %s
InvalidArgumentException: this is no IPv4 or IPv6 address: pass one as text, %s
InvalidArgumentException: this is no IPv4 or IPv6 address: pass one as text, %s
TypeError: Nameplate\Database::lookup(): Argument #1 ($ip) must be of type string, null given
TypeError: Nameplate\Database::lookup(): Argument #1 ($ip) must be of type string, array given
ArgumentCountError: Nameplate\Database::lookup() expects exactly 1 argument, 0 given
InvalidArgumentException: number 2 of the list is no IPv4 or IPv6 address: %s
InvalidArgumentException: number 1001 of the list is no IPv4 or IPv6 address: %s
TypeError: number 1 of the list must be of type string, array given
TypeError: number 1 of the list must be of type string, int given
InvalidArgumentException: the addresses are not a multiple of 4 bytes: pass what inet_pton() gives, joined
ValueError: Nameplate\Database::lookupPacked(): Argument #2 ($width) must be 4 (IPv4) or 16 (IPv6)
ValueError: Nameplate\Database::answer(): Argument #1 ($id) must be an answer id, as lookupPacked() gives since the last reload
ValueError: Nameplate\Database::answer(): Argument #1 ($id) must be an answer id, as lookupPacked() gives since the last reload
TypeError: Nameplate\Database::networks(): Argument #1 ($id) must be of type string, null given
ValueError: Nameplate\Database::open(): Argument #1 ($path) must not be empty
ValueError: Nameplate\Database::open(): Argument #1 ($path) must not contain any null bytes
Nameplate\Exception: %s
Nameplate\Exception: %s
Nameplate\Exception: %s
Nameplate\Exception: %s
Nameplate\Exception: %s
