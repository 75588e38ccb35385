//! A sample of each kind of data, and policies as the guide has them.

use proptest::prelude::*;

use super::*;
use crate::json::write_string;

/// A message with data of one kind between angle quotes.
const SAMPLES: &[(&str, &str)] = &[
    ("AwsSecretKey", "aws_secret_access_key=«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»"),
    (
        "OpenSshPrivateKey",
        "x «-----BEGIN OPENSSH PRIVATE KEY-----\nab\n-----END OPENSSH PRIVATE KEY-----»",
    ),
    (
        "PgpPrivateKey",
        "«-----BEGIN PGP PRIVATE KEY BLOCK-----\na\n-----END PGP PRIVATE KEY BLOCK-----»",
    ),
    ("PkcsPrivateKey", "«-----BEGIN RSA PRIVATE KEY-----\na\n-----END RSA PRIVATE KEY-----» y"),
    (
        "PuttyPrivateKey",
        "«PuTTY-User-Key-File-3: ssh\nPrivate-MAC: 0123456789abcdef0123456789abcdef01234567»",
    ),
    ("IpAddress", "from «10.1.2.3» to «2001:db8::1»"),
    ("BankAccountNumber-DE", "IBAN: «DE89 3704 0044 0532 0130 00»"),
    ("BankAccountNumber-ES", "cuenta_cliente_id «ES9121000418450200051332»"),
    ("BankAccountNumber-FR", "compte bancaire «FR1420041010050500013M02606»"),
    ("BankAccountNumber-GB", "iban=«GB82WEST12345698765432»"),
    ("BankAccountNumber-IT", "conto bancario «IT60X0542811101000000123456»"),
    ("BankAccountNumber-US", "checking account «1234567890»"),
    ("CreditCardExpiration", "expiry: «09/27»"),
    ("CreditCardMagneticStripe", "swipe «%B4539894458086459^DOE/JOHN^2512101»"),
    ("CreditCardNumber", "My credit card number is «4539894458086459»"),
    ("CreditCardSecurityCode", "cvv «123»"),
    ("DrugEnforcementAgencyNumber-US", "DEA number «AB1234563»"),
    ("HealthcareProcedureCode-US", "hcpcs «J1234»"),
    ("HealthInsuranceCardNumber-EU", "EHIC «80123456789012345678»"),
    ("HealthInsuranceClaimNumber-US", "hicn: «123-45-6789-A»"),
    ("HealthInsuranceNumber-FR", "carte vitale «2 55 08 14 168 025 38»"),
    ("MedicareBeneficiaryNumber-US", "MBI «1EG4-TE5-MK73»"),
    ("NationalDrugCode-US", "NDC «0777-3105-02»"),
    ("NationalInsuranceNumber-GB", "nino «AB 12 34 56 C»"),
    ("NationalProviderId-US", "NPI «1234567893»"),
    ("NhsNumber-GB", "NHS «943 476 5919»"),
    ("PersonalHealthNumber-CA", "PHN «9876 543 210»"),
    ("CepCode-BR", "CEP «01310-100»"),
    ("Cnpj-BR", "CNPJ «11.222.333/0001-81»"),
    ("CpfCode-BR", "CPF «111.444.777-35»"),
    ("DateOfBirth", "dob: «12-01-2012», birthday «3 March 1990»"),
    ("DriversLicense-AT", "Führerschein «12345678»"),
    ("DriversLicense-AU", "driver licence «12345678»"),
    ("DriversLicense-BE", "rijbewijs «1234567890»"),
    ("DriversLicense-BG", "сумпс «123456789»"),
    ("DriversLicense-CA", "driver's license «A1234-56789-01234»"),
    ("DriversLicense-CY", "άδεια οδήγησης «123456»"),
    ("DriversLicense-CZ", "řidičský průkaz «EH 123456»"),
    ("DriversLicense-DE", "Führerscheinnummer «B072RRE2I55»"),
    ("DriversLicense-DK", "kørekort «12345678»"),
    ("DriversLicense-EE", "juhiluba «ET123456»"),
    ("DriversLicense-ES", "permiso conducir? permiso de conducción «12345678Z»"),
    ("DriversLicense-FI", "ajokortti «010190-123A»"),
    ("DriversLicense-FR", "permis de conduire «123456789012»"),
    ("DriversLicense-GB", "driving licence «MORGA657054SM9IJ»"),
    ("DriversLicense-GR", "adeia odigisis «123456789»"),
    ("DriversLicense-HR", "vozačka dozvola «12345678»"),
    ("DriversLicense-HU", "jogosítvány «AB123456»"),
    ("DriversLicense-IE", "ceadúnas tiomána «123456789»"),
    ("DriversLicense-IT", "patente di guida «AB1234567C»"),
    ("DriversLicense-LT", "vairuotojo pažymėjimas «12345678»"),
    ("DriversLicense-LU", "Fahrerlaubnis «123456»"),
    ("DriversLicense-LV", "vadītāja apliecība «AB123456»"),
    ("DriversLicense-MT", "liċenzja tas-sewqan «123456»"),
    ("DriversLicense-NL", "rijbewijsnummer «1234567890»"),
    ("DriversLicense-PL", "prawo jazdy «12345/67/8901»"),
    ("DriversLicense-PT", "carta de condução «L-1234567 8»"),
    ("DriversLicense-RO", "permis de conducere «B12345678X»"),
    ("DriversLicense-SE", "körkort «900101-1234»"),
    ("DriversLicense-SI", "vozniško dovoljenje «123456789»"),
    ("DriversLicense-SK", "vodičský preukaz «A1234567»"),
    ("DriversLicense-US", "drivers_license: «D1234567»"),
    ("ElectoralRollNumber-GB", "electoral roll number «ABC1234»"),
    ("EmailAddress", "write to «ann.b+c@mail.example.com», please"),
    ("IndividualTaxIdentificationNumber-US", "ITIN «912-70-1234»"),
    ("InseeCode-FR", "insee «255081416802538»"),
    ("LatLong", "location: «41.948614,-87.655311»"),
    ("NationalIdentificationNumber-DE", "Personalausweis «L01X00T471»"),
    ("NationalIdentificationNumber-ES", "DNI «12345678Z»"),
    ("NationalIdentificationNumber-IT", "codice fiscale «RSSMRA85T10A562S»"),
    ("NieNumber-ES", "NIE «X1234567L»"),
    ("NifNumber-ES", "nif «12345678-Z»"),
    ("PassportNumber-CA", "passport «AB123456»"),
    ("PassportNumber-DE", "Reisepass «C01X00T47»"),
    ("PassportNumber-ES", "pasaporte «AAA123456»"),
    ("PassportNumber-FR", "passeport «12AB34567»"),
    ("PassportNumber-GB", "passport number «123456789»"),
    ("PassportNumber-IT", "passaporto «AA1234567»"),
    ("PassportNumber-US", "passport «123456789»"),
    ("PermanentResidenceNumber-CA", "permanent resident card «RA0302123456»"),
    ("PhoneNumber", "+1 206 555 0100? «+44 20 7946 0958»"),
    ("PhoneNumber-BR", "«+55 11 91234-5678», celular «(11) 91234-5678»"),
    ("PhoneNumber-CA", "«+1 416-555-0123»"),
    ("PhoneNumber-DE", "«+49 30 901820»"),
    ("PhoneNumber-ES", "tel «912 34 56 78»"),
    ("PhoneNumber-FR", "«+33 1 23 45 67 89», phone «01 23 45 67 89»"),
    ("PhoneNumber-GB", "mobile «07700 900123»"),
    ("PhoneNumber-IT", "«+39 06 6982 1234»"),
    ("PhoneNumber-US", "phone «(206) 555-0100»"),
    ("PostalCode-CA", "Ottawa «K1A 0B1»"),
    ("RgNumber-BR", "registro geral «12.345.678-9»"),
    ("SocialInsuranceNumber-CA", "SIN «046 454 286»"),
    ("Ssn-ES", "número de la seguridad social «28/12345678/40»"),
    ("Ssn-US", "ssn: «123-45-6789»"),
    ("TaxId-DE", "Steuer-ID «86 095 742 719»"),
    ("TaxId-ES", "CIF «A58818501»"),
    ("TaxId-FR", "tax id «30 23 217 600 053»"),
    ("TaxId-GB", "UTR «19558 39661»"),
    ("VehicleIdentificationNumber", "VIN «1M8GDM9AXKP042788»"),
    ("ZipCode-US", "zip code «98109-5210»"),
];

/// Texts that look alike but are something else.
const OTHERS: &[(&str, &str)] = &[
    ("AwsSecretKey", "secret key 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
    ("AwsSecretKey", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("IpAddress", "version 10.1.2.300 at 12:30"),
    ("BankAccountNumber-DE", "IBAN DE89 3704 0044 0532 0130 01"),
    ("CreditCardNumber", "order 4539894458086459 in the queue"),
    ("CreditCardNumber", "card 4539894458086458"),
    ("CreditCardNumber", "card 4111111111111111"),
    ("CreditCardNumber", "card 0000000000000000"),
    ("EmailAddress", "a@b and user@localhost"),
    ("Ssn-US", "ssn 000-12-3456, 123-45-67890"),
    ("Ssn-US", "reference 123-45-6789"),
    ("Ssn-US", "lesson 123-45-6789"),
    ("PhoneNumber-US", "order (206) 555-0100"),
    ("LatLong", "location 99.948614,-87.655311"),
    ("NhsNumber-GB", "nhs 943 476 5918"),
    ("ZipCode-US", "98109"),
    ("OpenSshPrivateKey", "-----BEGIN OPENSSH PRIVATE KEY----- without an end"),
];

fn found(name: &str, text: &str) -> Vec<String> {
    let detector = Detector::managed(managed::managed(name).unwrap()).unwrap();
    let mut findings = Vec::new();
    detector.find(text, &mut findings);
    findings.sort_by_key(|finding| finding.start);
    findings.iter().map(|finding| text[finding.start..finding.end].to_owned()).collect()
}

#[test]
fn each_kind_is_found() {
    for (name, marked) in SAMPLES {
        let wanted: Vec<&str> =
            marked.split('«').skip(1).map(|rest| rest.split('»').next().unwrap()).collect();
        let text = marked.replace(['«', '»'], "");
        let mut found = found(name, &text);
        // Without a region the American number counts too.
        found.retain(|text| !(*name == "PhoneNumber" && text.starts_with("+1")));
        found.dedup();
        assert_eq!(found, wanted, "{name} in {text}");
    }
    for managed in MANAGED {
        assert!(SAMPLES.iter().any(|(name, _)| *name == managed.name), "{}", managed.name);
    }
}

#[test]
fn what_only_looks_alike_is_not_found() {
    for (name, text) in OTHERS {
        assert_eq!(found(name, text), Vec::<String>::new(), "{name} in {text}");
    }
}

#[test]
fn a_keyword_counts_only_nearby() {
    let near = format!("ssn {} 123-45-6789", ".".repeat(20));
    let far = format!("ssn {} 123-45-6789", ".".repeat(40));
    let after = "123-45-6789 is my Social_Security number";
    assert_eq!(found("Ssn-US", &near), ["123-45-6789"]);
    assert_eq!(found("Ssn-US", &far), Vec::<String>::new());
    assert_eq!(found("Ssn-US", after), ["123-45-6789"]);
}

#[test]
fn names_are_unique_and_none_is_both() {
    for (index, managed) in MANAGED.iter().enumerate() {
        assert!(MANAGED[index + 1..].iter().all(|other| other.name != managed.name));
        assert!(!UNSUPPORTED.contains(&managed.name));
    }
}

fn policy_of(statements: &str, configuration: &str) -> Result<ProtectionPolicy, ProtectionError> {
    ProtectionPolicy::read(&format!(
        r#"{{"Name":"p","Description":"d","Version":"2021-06-01",{configuration}
           "Statement":[{statements}]}}"#
    ))
}

fn statement(direction: &str, principal: &str, identifier: &str, operation: &str) -> String {
    format!(
        r#"{{"Sid":"s","DataDirection":"{direction}","Principal":["{principal}"],
           "DataIdentifier":["{identifier}"],"Operation":{operation}}}"#
    )
}

const CARD: &str = "arn:aws:dataprotection::aws:data-identifier/CreditCardNumber";
const SSN: &str = "arn:aws:dataprotection::aws:data-identifier/Ssn-US";
const USER: &str = "arn:aws:iam::123456789012:user/ExampleUser";

fn user() -> Caller<'static> {
    Caller::from_arn(USER).unwrap()
}

#[test]
fn data_is_masked_or_removed() {
    let mask = statement(
        "Inbound",
        "*",
        SSN,
        r##"{"Deidentify":{"MaskConfig":{"MaskWithCharacter":"#"}}}"##,
    );
    let redact = statement("Inbound", USER, CARD, r#"{"Deidentify":{"RedactConfig":{}}}"#);
    let policy = policy_of(&format!("{mask},{redact}"), "").unwrap();
    let body = "ssn: 123-45-6789, My credit card number is 4539894458086459";
    let left = policy.inbound(&user(), body, false);
    assert_eq!(left.audit, None);
    assert_eq!(left.body.unwrap(), "ssn: ###########, My credit card number is ");
    // Somebody else's cards are not looked at.
    let other = Caller::root("123456789012".parse().unwrap());
    let left = policy.inbound(&other, body, false);
    assert_eq!(left.body.unwrap(), "ssn: ###########, My credit card number is 4539894458086459");
    let untouched = policy.inbound(&user(), "nothing here", false);
    assert!(matches!(untouched.body, Ok(Cow::Borrowed("nothing here"))));
}

#[test]
fn a_message_that_is_all_sensitive_is_refused() {
    let email = "arn:aws:dataprotection::aws:data-identifier/EmailAddress";
    let redact = statement("Inbound", "*", email, r#"{"Deidentify":{"RedactConfig":{}}}"#);
    let policy = policy_of(&redact, "").unwrap();
    let denied = policy.inbound(&user(), " ann@example.com\n", false).body.unwrap_err();
    assert!(denied.is_all_sensitive);
    assert_eq!(denied.identifiers, ["EmailAddress"]);
}

#[test]
fn a_message_is_denied_on_its_way_in_or_out() {
    let inbound = statement("Inbound", USER, CARD, r#"{"Deny":{}}"#);
    let outbound = statement("Outbound", "123456789012", SSN, r#"{"Deny":{}}"#);
    let policy = policy_of(&format!("{inbound},{outbound}"), "").unwrap();
    let denied = policy.inbound(&user(), "card 4539894458086459", false).body.unwrap_err();
    assert_eq!((denied.statement, denied.sid.as_deref()), (0, Some("s")));
    assert!(policy.inbound(&user(), "ssn 123-45-6789", false).body.is_ok());
    assert!(policy.has_outbound());
    assert_eq!(policy.outbound(&user(), "ssn 123-45-6789").unwrap_err().statement, 1);
    assert!(policy.outbound(&Caller::Anonymous, "ssn 123-45-6789").is_ok());
    let except = inbound.replace("\"Principal\"", "\"NoPrincipal\"");
    let policy = policy_of(&except, "").unwrap();
    assert!(policy.inbound(&user(), "card 4539894458086459", false).body.is_ok());
    assert!(policy.inbound(&Caller::Anonymous, "card 4539894458086459", false).body.is_err());
}

#[test]
fn an_audit_sees_the_message_as_it_was() {
    let audit = statement(
        "Inbound",
        "*",
        CARD,
        r#"{"Audit":{"SampleRate":"99","FindingsDestination":{
            "CloudWatchLogs":{"LogGroup":"/aws/vendedlogs/x"},"S3":{"Bucket":"b"}}}}"#,
    );
    let redact = statement("Inbound", "*", CARD, r#"{"Deidentify":{"RedactConfig":{}}}"#);
    let policy = policy_of(&format!("{redact},{audit}"), "").unwrap();
    assert_eq!(policy.audit().unwrap().sample_rate, 99);
    let left = policy.inbound(&user(), "a card 4539894458086459", true);
    let report = left.audit.unwrap();
    assert_eq!(report.audit.findings.unwrap().log_group.as_deref(), Some("/aws/vendedlogs/x"));
    let [finding] = report.findings.as_slice() else { panic!() };
    assert_eq!((&*finding.identifier, finding.start, finding.end), ("CreditCardNumber", 7, 23));
    assert_eq!(left.body.unwrap(), "a card ");
    assert_eq!(policy.inbound(&user(), "a card", false).audit, None);
}

#[test]
fn policies_bring_identifiers_of_their_own() {
    let configuration = r#""Configuration":{"CustomDataIdentifier":[
        {"Name":"EmployeeId","Regex":"EID-\\d{9}-US"}]},"#;
    let mask = statement(
        "Inbound",
        "*",
        "EmployeeId",
        r#"{"Deidentify":{"MaskConfig":{"MaskWithCharacter":"*"}}}"#,
    );
    let policy = policy_of(&mask, configuration).unwrap();
    let left = policy.inbound(&user(), "I am EID-123456789-US.", false);
    assert_eq!(left.body.unwrap(), "I am ****************.");
    for (configuration, wanted) in [
        (r#"{"Name":"a b","Regex":"x"}"#, "a Name has 1 to 128"),
        (r#"{"Name":"Ssn-US","Regex":"x"}"#, "is the name of a managed identifier"),
        (r#"{"Name":"a","Regex":"(x)"}"#, "a Regex has 1 to 200 characters"),
        (r#"{"Name":"a","Regex":"[x"}"#, "wrong or too complicated"),
        (r#"{"Name":"a","Regex":"[a-z]{99}{99}{99}"}"#, "wrong or too complicated"),
        (r#"{"Name":"a"}"#, "needs a Name and a Regex"),
        (r#"{"Name":"a","Regex":"x"},{"Name":"a","Regex":"y"}"#, "a is there twice"),
    ] {
        let configuration =
            format!(r#""Configuration":{{"CustomDataIdentifier":[{configuration}]}},"#);
        let error = policy_of(&mask, &configuration).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let deny = r#"{"Deny":{}}"#;
    let audit =
        |inner: &str| statement("Inbound", "*", CARD, &format!(r#"{{"Audit":{{{inner}}}}}"#));
    let name = "arn:aws:dataprotection::aws:data-identifier/Name";
    let one =
        audit(r#""SampleRate":1,"NoFindingsDestination":{"Firehose":{"DeliveryStream":"d"}}"#);
    for (statements, wanted) in [
        (String::new(), "Statement: must not be an empty list"),
        (statement("Sideways", "*", CARD, deny), "must be Inbound or Outbound"),
        (statement("Inbound", "me", CARD, deny), "a principal is *"),
        (statement("Inbound", "*", "Nothing", deny), "\"Nothing\" is no data identifier"),
        (statement("Inbound", "*", name, deny), "Name is not supported here"),
        (statement("Inbound", "*", CARD, "{}"), "must be one of Audit, Deidentify and Deny"),
        (statement("Inbound", "*", CARD, r#"{"Deny":{"a":1}}"#), "Operation.Deny: must be empty"),
        (
            statement("Outbound", "*", CARD, r#"{"Deidentify":{"RedactConfig":{}}}"#),
            "of messages that go out only Deny is possible",
        ),
        (
            statement(
                "Inbound",
                "*",
                CARD,
                r#"{"Deidentify":{"MaskConfig":{"MaskWithCharacter":"é"}}}"#,
            ),
            "must be one printable ASCII character",
        ),
        (
            statement("Inbound", "*", CARD, r#"{"Deidentify":{"MaskConfig":{}}}"#),
            "needs a MaskWithCharacter",
        ),
        (audit(r#""SampleRate":100"#), "must be a whole number from 0 to 99"),
        (audit(r#""SampleRate":"9""#), "an audit needs a FindingsDestination"),
        (
            audit(r#""SampleRate":9,"FindingsDestination":{"CloudWatchLogs":{"LogGroup":"x"}}"#),
            "a LogGroup begins with /aws/vendedlogs/",
        ),
        (format!("{one},{one}"), "a policy has only one Audit statement"),
        (r#"{"DataDirection":"Inbound"}"#.to_owned(), "a statement needs a Principal"),
    ] {
        let error = policy_of(&statements, "").unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(error.is_unsupported, wanted.contains("not supported"));
    }
    let large = format!("{{\"Name\":\"{}\"}}", "x".repeat(PROTECTION_BYTES_MAX));
    assert!(ProtectionPolicy::read(&large).is_err());
    assert!(ProtectionPolicy::read("{}").unwrap_err().to_string().contains("needs a Name"));
}

/// A policy that looks for everything.
fn everything() -> ProtectionPolicy {
    let mut names = String::new();
    for managed in MANAGED {
        names.push_str(if names.is_empty() { "" } else { "," });
        write_string(
            &mut names,
            &format!("arn:aws:dataprotection::aws:data-identifier/{}", managed.name),
        );
    }
    let statement = format!(
        r#"{{"DataDirection":"Inbound","Principal":["*"],"DataIdentifier":[{names}],
           "Operation":{{"Deidentify":{{"MaskConfig":{{"MaskWithCharacter":"*"}}}}}}}}"#
    );
    policy_of(&statement, "").unwrap()
}

#[test]
fn masked_messages_have_nothing_left_to_mask() {
    let policy = everything();
    for (_, marked) in SAMPLES {
        let text = format!("note this: {}", marked.replace(['«', '»'], ""));
        let left = policy.inbound(&user(), &text, false).body.unwrap().into_owned();
        assert_eq!(left.chars().count(), text.chars().count(), "{text}");
        let again = policy.inbound(&user(), &left, false).body.unwrap().into_owned();
        assert_eq!(left, again, "{text}");
    }
}

#[test]
fn long_hostile_messages_are_gone_through_once() {
    let policy = everything();
    for piece in ["1", "a@a.", "-----BEGIN RSA PRIVATE KEY-----", "ssn 1", "::", "4539 ", "AAAA"] {
        let text = piece.repeat(10_000 / piece.len());
        let _ = policy.inbound(&user(), &text, false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_its_length_when_masked(text: String) {
        thread_local!(static POLICY: ProtectionPolicy = everything());
        let left = POLICY.with(|policy| {
            policy.inbound(&user(), &text, false).body.map(Cow::into_owned)
        });
        if let Ok(left) = left {
            prop_assert_eq!(left.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        exercise(&bytes);
    }
}
