--TEST--
One address of each status
--EXTENSIONS--
nameplate
--FILE--
<?php
$db = Nameplate\Database::open(__DIR__ . '/vectors.npl');
foreach (['20.0.0.0', '::ffff:20.0.0.0', '20.1.0.0', '2.0.0.0', '10.0.0.0'] as $ip) {
    $answer = $db->lookup($ip);
    printf("%s | %s | %s | %s\n", $answer->status, $answer->name, $answer->company?->id, $answer->network?->last);
}
echo $db->lookup('20.0.0.0')->toJson(), "\n";
?>
--EXPECT--
company | Beispiel Maschinenbau GmbH | amtsgericht-beispiel:HRB 1 | 20.0.7.6
company | Beispiel Maschinenbau GmbH | amtsgericht-beispiel:HRB 1 | 20.0.7.6
operator | Example Telecom |  | 20.1.255.255
unknown |  |  | 
reserved | Private-Use |  | 
{"status":"company","company":{"id":"amtsgericht-beispiel:HRB 1","name":"Beispiel Maschinenbau GmbH","kind":"business","country":"DE","domain":"maschinenbau.example","legal_form":"GmbH","industry":"28.99","register":"amtsgericht-beispiel","register_id":"HRB 1"},"operator":{"asn":64500,"name":"Example Telecom","kind":"access"},"network":{"first":"20.0.0.0","last":"20.0.7.6"},"confidence":95,"sources":["holders"]}
