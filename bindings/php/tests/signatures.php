<?php

/** Every public name of the classes that both the extension and the package have. */

declare(strict_types=1);

namespace Nameplate\Tests;

/** @return array<string, array<string, string>> */
function signatures(): array
{
    $all = [];
    foreach (
        ['Answer', 'Company', 'Database', 'Exception', 'Lookup', 'Metadata', 'Network', 'Operator', 'Source'] as $name
    ) {
        $class = new \ReflectionClass("Nameplate\\$name");
        $names = ['' => implode(' ', [
            $class->isFinal() ? 'final' : '', $class->isInterface() ? 'interface' : '',
            $class->getParentClass() ? $class->getParentClass()->getName() : '',
            ...self_sorted($class->getInterfaceNames()),
        ])];
        foreach ($class->getProperties(\ReflectionProperty::IS_PUBLIC) as $property) {
            $names['$' . $property->getName()] = ($property->isReadOnly() ? 'readonly ' : '') . $property->getType();
        }
        foreach ($class->getMethods(\ReflectionMethod::IS_PUBLIC) as $method) {
            $hidden = str_contains((string) $method->getDocComment(), '@internal')
                || (str_starts_with($method->getName(), '__') && !str_contains($method->getName(), 'serialize'));
            // Databases can't be serialised, in the extension by a flag.
            if (
                $hidden || $method->getDeclaringClass()->getName() !== $class->getName()
                || ($name === 'Database' && $method->getName() === '__serialize')
            ) {
                continue;
            }
            $names[$method->getName()] = ($method->isStatic() ? 'static ' : '') . $method->getReturnType() . ' '
                . implode(', ', array_map(
                    static fn (\ReflectionParameter $parameter) => $parameter->getType() . ' $' . $parameter->getName()
                        . ($parameter->isDefaultValueAvailable() ? ' = ' . json_encode($parameter->getDefaultValue()) : ''),
                    $method->getParameters()
                ));
        }
        ksort($names);
        $all[$name] = $names;
    }
    return $all;
}

/**
 * @param list<string> $names
 * @return list<string>
 */
function self_sorted(array $names): array
{
    sort($names);
    return $names;
}

if (realpath($argv[0] ?? '') === __FILE__) {
    require $argv[1];
    echo json_encode(signatures());
}
