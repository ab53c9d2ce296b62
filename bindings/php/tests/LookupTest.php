<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use Nameplate\Answer;
use Nameplate\Company;
use Nameplate\Lookup;
use Nameplate\Network;
use PHPUnit\Framework\TestCase;

/** What holds in each of the three ways. */
final class LookupTest extends TestCase
{
    /** No case is left out unseen. */
    private const CASES = 700;

    public function testTheWayIsTheOneThatWasAskedFor(): void
    {
        $way = Fixtures::way();
        self::assertContains($way, ['extension', 'ffi', 'client']);
        // A client is tried beside the extension, too, for the answers are the extension's then.
        $extension = getenv('NAMEPLATE_TEST_EXTENSION') !== false;
        self::assertTrue($way === 'client' || $extension === ($way === 'extension'));
        self::assertSame($extension, extension_loaded('nameplate'));
        self::assertSame($way === 'client' ? \Nameplate\Client::class : \Nameplate\Database::class, get_class(Fixtures::lookup()));
        self::assertSame($extension, (new \ReflectionClass(Answer::class))->isInternal());
    }

    public function testAllVectors(): void
    {
        $worlds = ['whole' => Fixtures::lookup(), 'suppressed' => Fixtures::lookup(true)];
        $cases = Fixtures::cases();
        self::assertGreaterThan(self::CASES, count($cases));
        foreach ($cases as [$world, $question, $input, $expected]) {
            $got = $question === 'lookup'
                ? self::asked(static fn () => $worlds[$world]->lookup($input)->toJson())
                : (implode(' ', array_map(
                    static fn (Network $network) => "$network->first-$network->last",
                    $worlds[$world]->networks($input)
                )) ?: 'none');
            self::assertSame($expected, $got, "$world $question " . addcslashes($input, "\0..\37!@\177..\377"));
        }
    }

    public function testManyAnswerAsOneByOne(): void
    {
        foreach (['whole' => false, 'suppressed' => true] as $world => $suppressed) {
            $lookup = Fixtures::lookup($suppressed);
            $valid = $expected = [];
            foreach (Fixtures::cases() as [$of, $question, $input, $answer]) {
                if ($of !== $world || $question !== 'lookup') {
                    continue;
                }
                if ($answer === 'invalid') {
                    foreach (['lookupMany', 'names'] as $method) {
                        self::assertSame('invalid', self::asked(static fn () => $lookup->$method(['20.0.0.0', $input])));
                    }
                } else {
                    $valid["k$input"] = $input;
                    $expected["k$input"] = $answer;
                }
            }
            self::assertGreaterThan(100, count($valid));
            $json = static fn (Answer $answer) => $answer->toJson();
            self::assertSame($expected, array_map($json, $lookup->lookupMany($valid)));
            $names = array_map(static fn (string $json) => self::nameOf(json_decode($json, true)), $expected);
            // Twice, for what a client has learnt the first time.
            self::assertSame($names, $lookup->names($valid));
            self::assertSame($names, $lookup->names($valid));
            // More than one batch of any way.
            $list = array_merge(...array_fill(0, 12, array_values($valid)));
            self::assertSame(
                array_merge(...array_fill(0, 12, array_values($expected))),
                array_map($json, $lookup->lookupMany($list))
            );
            self::assertSame(array_merge(...array_fill(0, 12, array_values($names))), $lookup->names($list));
        }
        self::assertSame([], $lookup->lookupMany([]));
        self::assertSame([], $lookup->names([]));
    }

    public function testPackedAddressesGiveIdsOfTheSameAnswers(): void
    {
        $lookup = Fixtures::lookup();
        $texts = [4 => [], 16 => []];
        foreach (Fixtures::cases() as [$world, $question, $input, $answer]) {
            if ($world === 'whole' && $question === 'lookup' && $answer !== 'invalid') {
                $texts[strlen(inet_pton($input))][] = $input;
            }
        }
        foreach ($texts as $width => $list) {
            $list = array_merge(...array_fill(0, 10, $list));
            self::assertGreaterThan(512, count($list));
            $ids = unpack('V*', $lookup->lookupPacked(implode('', array_map(inet_pton(...), $list)), $width));
            self::assertCount(count($list), $ids);
            $answers = [];
            foreach ($list as $i => $ip) {
                $answers[$ids[$i + 1]] ??= $lookup->answer($ids[$i + 1])->toArray();
                $expected = $lookup->lookup($ip)->toArray();
                // A network belongs to an address.
                unset($expected['network']);
                self::assertSame($expected, $answers[$ids[$i + 1]]);
            }
        }
        self::assertSame('', $lookup->lookupPacked(''));
        self::assertSame('unknown', $lookup->answer(0)->status);
    }

    public function testAnswersAreTyped(): void
    {
        $lookup = Fixtures::lookup();
        $answer = $lookup->lookup('20.0.0.1');
        self::assertSame('company', $answer->status);
        self::assertSame('Beispiel Maschinenbau GmbH', $answer->name);
        self::assertInstanceOf(Company::class, $answer->company);
        self::assertSame(
            ['GmbH', 'HRB 1', 'DE'],
            [$answer->company->legalForm, $answer->company->registerId, $answer->company->country]
        );
        self::assertSame(64500, $answer->operator->asn);
        self::assertSame(['20.0.0.0', '20.0.7.6'], [$answer->network->first, $answer->network->last]);
        self::assertSame(95, $answer->confidence);
        self::assertSame(['holders'], $answer->sources);
        self::assertNull($answer->block);
        self::assertSame(json_decode($answer->toJson(), true), json_decode(json_encode($answer), true));
        self::assertSame($answer->company->name, json_decode(json_encode($answer->company))->name);

        $unknown = $lookup->lookup('2.0.0.0');
        self::assertSame(['unknown', null, null, null, null, null, [], null], [
            $unknown->status, $unknown->name, $unknown->company, $unknown->operator, $unknown->network, $unknown->confidence,
            $unknown->sources, $unknown->block,
        ]);
        self::assertSame('Private-Use', $lookup->lookup('10.0.0.0')->block);
        self::assertFalse(isset($lookup->lookup('10.0.0.0')->company));
        self::assertTrue(isset($lookup->lookup('20.0.0.0')->company));
        // In whichever order the properties are read.
        foreach (['status', 'name', 'company', 'operator', 'network', 'confidence', 'sources', 'block'] as $property) {
            self::assertEquals($answer->$property, $lookup->lookup('20.0.0.1')->$property);
            self::assertEquals($answer->$property ?? 'none', $lookup->lookup('20.0.0.1')->$property ?? 'none');
            self::assertEquals($unknown->$property ?? 'none', $lookup->lookup('2.0.0.0')->$property ?? 'none');
        }
    }

    public function testAnswersAreReadonly(): void
    {
        foreach (['status', 'name', 'company', 'confidence'] as $property) {
            $answer = Fixtures::lookup()->lookup('20.0.0.1');
            try {
                $answer->$property = null;
                self::fail("$property was changed");
            } catch (\Error $error) {
                self::assertStringContainsString($property, $error->getMessage());
            }
        }
    }

    public function testAnswersAreSerialisedAsTheirJson(): void
    {
        foreach (['20.0.0.1', '20.1.0.0', '2.0.0.0', '10.0.0.0'] as $ip) {
            $answer = Fixtures::lookup()->lookup($ip);
            $json = $answer->toJson();
            $bytes = serialize(Fixtures::lookup()->lookup($ip));
            self::assertSame($bytes, serialize($answer));
            self::assertStringStartsWith('O:16:"Nameplate\Answer":', $bytes);
            $again = unserialize($bytes);
            self::assertSame($json, $again->toJson());
            self::assertSame([$answer->status, $answer->name], [$again->status, $again->name]);
            self::assertSame($json, Answer::fromArray($answer->toArray())->toJson());
            self::assertSame($json, (clone Fixtures::lookup()->lookup($ip))->toJson());
        }
    }

    public function testWhatIsNoAnswerIsRefused(): void
    {
        foreach (
            [
                [], ['status' => 'nonsense'], ['status' => 1], ['status' => 'company', 'company' => 'x'],
                ['status' => 'company', 'company' => ['id' => 'x']], ['status' => 'operator', 'operator' => ['asn' => 'x']],
                ['status' => 'unknown', 'sources' => [1]], ['status' => 'unknown', 'confidence' => 'x'],
            ] as $json
        ) {
            try {
                Answer::fromArray($json);
                self::fail(json_encode($json));
            } catch (\ValueError $error) {
                self::assertStringContainsString('fromArray()', $error->getMessage());
            }
        }
    }

    public function testWhatIsNoAddressIsTheLanguagesOwnError(): void
    {
        $lookup = Fixtures::lookup();
        $canary = '198.51.100.300';
        $tries = [
            \InvalidArgumentException::class => [
                static fn () => $lookup->lookup(''),
                static fn () => $lookup->lookup($canary),
                static fn () => $lookup->lookup(str_repeat($canary, 800_000)),
                static fn () => $lookup->lookupMany(['20.0.0.0', $canary]),
                static fn () => $lookup->lookupMany([str_repeat($canary, 800_000)]),
                static fn () => $lookup->names([$canary => $canary]),
                static fn () => $lookup->lookupPacked('12345'),
                static fn () => $lookup->lookupPacked('12345', 16),
            ],
            \TypeError::class => [
                static fn () => $lookup->lookup(null),
                static fn () => $lookup->lookup([$canary]),
                static fn () => $lookup->lookup(),
                static fn () => $lookup->lookupMany($canary),
                static fn () => $lookup->lookupMany([null]),
                static fn () => $lookup->lookupMany([[$canary]]),
                static fn () => $lookup->names([3405803777]),
                static fn () => $lookup->networks(null),
                static fn () => $lookup->answer('x'),
            ],
            \ValueError::class => [
                static fn () => $lookup->lookupPacked('1234', 5),
                static fn () => $lookup->answer(-1),
                static fn () => $lookup->answer(PHP_INT_MAX),
                static fn () => $lookup->answer(1 << 32),
                static fn () => $lookup->answer(1 << 30),
            ],
        ];
        foreach ($tries as $class => $list) {
            foreach ($list as $number => $try) {
                try {
                    $try();
                    self::fail("$class $number");
                } catch (\InvalidArgumentException | \TypeError | \ValueError $error) {
                    self::assertInstanceOf($class, $error, "$number: " . $error->getMessage());
                    self::assertStringNotContainsString($canary, $error->getMessage());
                    // What PHP itself refuses has the argument in its trace.
                    if (PHP_VERSION_ID >= 80200 && $class === \InvalidArgumentException::class) {
                        self::assertStringNotContainsString($canary, (string) $error);
                        self::assertStringNotContainsString($canary, print_r($lookup, true));
                    }
                }
            }
        }
        self::assertSame('company', $lookup->lookup('20.0.0.0')->status);
    }

    public function testAnErrorSaysWhichOfAList(): void
    {
        foreach (['lookupMany', 'names'] as $method) {
            foreach ([1, 2, 128, 129, 512, 513, 1001, 2500] as $number) {
                $list = array_fill(0, 3000, '20.0.0.0');
                $list[$number - 1] = 'x';
                try {
                    Fixtures::lookup()->$method($list);
                    self::fail("$method $number");
                } catch (\InvalidArgumentException $error) {
                    self::assertStringStartsWith("number $number of the list is no ", $error->getMessage());
                }
            }
        }
    }

    public function testMetadata(): void
    {
        $metadata = Fixtures::lookup()->metadata();
        $expected = json_decode(Fixtures::nameplate(['inspect', '--json', Fixtures::vectors()]), true);
        $got = $metadata->toArray();
        foreach (['build_number', 'created', 'bytes', 'v4_intervals', 'v6_intervals', 'answers', 'companies', 'operators'] as $key) {
            self::assertSame($expected[$key], $got[$key], $key);
        }
        self::assertSame($expected['version'], $metadata->formatVersion);
        self::assertGreaterThanOrEqual(1, $metadata->generation);
        if (Fixtures::way() === 'client') {
            self::assertNull($metadata->sources);
        } else {
            self::assertEquals($expected['sources'], $got['sources']);
        }
        self::assertSame($got, json_decode(json_encode($metadata), true));
    }

    public function testReload(): void
    {
        $lookup = Fixtures::lookup();
        $generation = $lookup->metadata()->generation;
        $before = $lookup->lookup('20.0.0.0');
        $lookup->reload();
        self::assertSame($generation + 1, $lookup->metadata()->generation);
        self::assertSame($lookup->lookup('20.0.0.0')->toJson(), $before->toJson());
    }

    public function testClosingTwiceIsNothingAndAnswersStay(): void
    {
        $lookup = Fixtures::lookup();
        $expected = $lookup->lookup('20.0.0.0')->toJson();
        $answer = $lookup->lookup('20.0.0.0');
        $lookup->close();
        $lookup->close();
        self::assertSame($expected, $answer->toJson());
        if (Fixtures::way() !== 'client') {
            foreach (
                [
                    static fn () => $lookup->lookup('20.0.0.0'), static fn () => $lookup->lookupMany([]),
                    static fn () => $lookup->names([]), static fn () => $lookup->lookupPacked(''),
                    static fn () => $lookup->answer(0), static fn () => $lookup->networks('x'),
                    static fn () => $lookup->metadata(), static fn () => $lookup->reload(),
                ] as $try
            ) {
                try {
                    $try();
                    self::fail('it answers');
                } catch (\Nameplate\Exception $error) {
                    self::assertStringContainsString('closed', $error->getMessage());
                }
            }
        }
    }

    public function testForkedProcessesAskForThemselves(): void
    {
        $lookup = Fixtures::lookup();
        $kept = $lookup->lookup('20.0.0.0');
        $expected = $lookup->lookup('20.0.0.1')->toArray();
        $children = [];
        for ($i = 0; $i < 4; $i++) {
            $child = pcntl_fork();
            if ($child === 0) {
                $good = $kept->company->name === $expected['company']['name'];
                for ($j = 0; $j < 2000 && $good; $j++) {
                    // Who took another's reply would see another answer.
                    $octet = ($i * 50 + $j) % 200;
                    $good = $lookup->lookup($i % 2 === 0 ? "20.0.0.$octet" : "20.1.0.$octet")->status
                        === ($i % 2 === 0 ? 'company' : 'operator');
                }
                $good = $good && count($lookup->lookupMany(array_fill(0, 3000, '20.0.0.1'))) === 3000;
                // Neither PHPUnit nor the daemon's owner may notice.
                posix_kill(getmypid(), $good ? SIGKILL : SIGTERM);
            }
            $children[] = $child;
        }
        for ($j = 0; $j < 2000; $j++) {
            self::assertSame($expected, $lookup->lookup('20.0.0.1')->toArray());
        }
        foreach ($children as $child) {
            pcntl_waitpid($child, $status);
            self::assertTrue(pcntl_wifsignaled($status));
            self::assertSame(SIGKILL, pcntl_wtermsig($status));
        }
        self::assertSame($expected, $lookup->lookup('20.0.0.1')->toArray());
    }

    /** What came of asking: the answer, or `invalid` where it is no address. */
    private static function asked(\Closure $ask): mixed
    {
        try {
            return $ask();
        } catch (\InvalidArgumentException) {
            return 'invalid';
        }
    }

    /** @param array<string, mixed> $json */
    private static function nameOf(array $json): ?string
    {
        return $json['company']['name'] ?? $json['operator']['name'] ?? $json['block'] ?? null;
    }
}
