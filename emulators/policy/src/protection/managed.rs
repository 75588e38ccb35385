//! The identifiers that AWS manages, and how each is recognised here.
//!
//! Names, countries and keywords are those of the developer guide ("sensitive data types"); the
//! patterns are ours, written from the public rules of each number.

use super::checks::{
    self, address, any, aws_secret, cif, cnpj, codice_fiscale, coordinates, cpf, dea, few_digits,
    french_tax, german_card, german_tax, insee, luhn, nhs, npi, spanish, spanish_social, ssn, utr,
    vin,
};
use super::{finance, licences, people};

/// Names that AWS detects by machine learning: a policy with one of them is not supported.
pub const UNSUPPORTED: [&str; 2] = ["Address", "Name"];

/// How data of one kind is recognised.
#[derive(Clone, Copy, Debug)]
pub struct Managed {
    /// `Ssn-US`.
    pub name: &'static str,
    /// Pattern that counts wherever it stands; empty when a keyword is needed.
    pub(super) alone: &'static str,
    /// Pattern that counts near a keyword; empty when none helps.
    pub(super) near: &'static str,
    /// Keywords.
    pub(super) keywords: &'static [&'static [&'static str]],
    /// What else must be right: a check digit, a range.
    pub(super) check: fn(&str) -> bool,
}

/// Data that is recognised by itself.
const fn alone(name: &'static str, pattern: &'static str, check: fn(&str) -> bool) -> Managed {
    Managed { name, alone: pattern, near: "", keywords: &[], check }
}

/// Data that is recognised near a keyword.
const fn near(
    name: &'static str,
    pattern: &'static str,
    keywords: &'static [&'static [&'static str]],
    check: fn(&str) -> bool,
) -> Managed {
    Managed { name, alone: "", near: pattern, keywords, check }
}

/// A phone number: with its country code anywhere, without it near a keyword.
const fn phone(
    name: &'static str,
    with_code: &'static str,
    without: &'static str,
    keywords: &'static [&'static [&'static str]],
) -> Managed {
    Managed { name, alone: with_code, near: without, keywords, check: any }
}

/// A driver's licence: always near a keyword.
const fn licence(
    name: &'static str,
    pattern: &'static str,
    keywords: &'static [&'static [&'static str]],
) -> Managed {
    near(name, pattern, keywords, few_digits)
}

/// Letters and digits, for licences of countries whose form we do not know better.
const LICENCE: &str = "[A-Za-z0-9]{5,18}";
/// Up to three letters, then digits in groups.
const LICENCE_GROUPS: &str = "[A-Za-z]{0,3}[0-9]{3,13}(?:[ -][0-9]{2,6}){0,3}[A-Za-z0-9]{0,3}";
const MEDICARE: &str = "[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]\
                        [0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}";
const NIR: &str = "[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}";
const DATE: &str = "[0-9]{1,2}[ /.-][0-9]{1,2}[ /.-](?:[0-9]{4}|[0-9]{2})|\
    [0-9]{4}[ /.-][0-9]{1,2}[ /.-][0-9]{1,2}|\
    [0-9]{1,2}[ /-](?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6},?[ /-][0-9]{2,4}|\
    (?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ /-][0-9]{1,2},?[ /-][0-9]{2,4}";
const FISCAL: &str = "[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]";

/// Everything that is detected, by name.
pub const MANAGED: [Managed; 100] = [
    // Credentials.
    near("AwsSecretKey", "[A-Za-z0-9/+]{38,}={0,2}", &[people::SECRET], aws_secret),
    alone(
        "OpenSshPrivateKey",
        "-----BEGIN OPENSSH PRIVATE KEY-----(?s:.*?)\
        -----END OPENSSH PRIVATE KEY-----",
        any,
    ),
    alone(
        "PgpPrivateKey",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----(?s:.*?)\
        -----END PGP PRIVATE KEY BLOCK-----",
        any,
    ),
    alone(
        "PkcsPrivateKey",
        "-----BEGIN (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----(?s:.*?)\
        -----END (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----",
        any,
    ),
    alone("PuttyPrivateKey", "PuTTY-User-Key-File-[23]: (?s:.*?)Private-MAC: [0-9a-f]{40,64}", any),
    // Devices.
    alone(
        "IpAddress",
        "(?:[0-9]{1,3}\\.){3}[0-9]{1,3}|\
        [0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,35}[0-9A-Fa-f]",
        address,
    ),
    // Finance.
    near(
        "BankAccountNumber-DE",
        "DE[0-9]{2}(?: ?[0-9]){18}",
        &[finance::IBAN, finance::BANK_DE],
        checks::iban,
    ),
    near(
        "BankAccountNumber-ES",
        "ES[0-9]{2}(?: ?[0-9]){20}",
        &[finance::IBAN, finance::BANK_ES],
        checks::iban,
    ),
    near(
        "BankAccountNumber-FR",
        "FR[0-9]{2}(?: ?[0-9]){10}(?: ?[0-9A-Z]){11}(?: ?[0-9]){2}",
        &[finance::IBAN, finance::BANK_FR],
        checks::iban,
    ),
    near(
        "BankAccountNumber-GB",
        "GB[0-9]{2} ?[A-Z]{4}(?: ?[0-9]){14}",
        &[finance::IBAN, finance::BANK_GB],
        checks::iban,
    ),
    near(
        "BankAccountNumber-IT",
        "IT[0-9]{2} ?[A-Z](?: ?[0-9]){10}(?: ?[0-9A-Z]){12}",
        &[finance::IBAN, finance::BANK_IT],
        checks::iban,
    ),
    near("BankAccountNumber-US", "[0-9]{6,17}", &[finance::BANK_US], any),
    near(
        "CreditCardExpiration",
        "(?:0?[1-9]|1[0-2])[ /-](?:20[0-9]{2}|[0-9]{2})",
        &[finance::EXPIRY],
        any,
    ),
    near(
        "CreditCardMagneticStripe",
        "%?B[0-9]{13,19}\\^[^\\^\\n]{2,26}\\^[0-9]{7}|;?[0-9]{13,19}=[0-9]{7,24}",
        &[finance::STRIPE],
        any,
    ),
    near("CreditCardNumber", finance::CARD_PATTERN, &[finance::CARD], finance::card),
    near("CreditCardSecurityCode", "[0-9]{3,4}", &[finance::SECURITY_CODE], any),
    // Health.
    near(
        "DrugEnforcementAgencyNumber-US",
        "[ABCDEFGHJKLMPRSTUX][A-Z9][0-9]{7}",
        &[people::DEA],
        dea,
    ),
    near("HealthcareProcedureCode-US", "[A-V][0-9]{4}", &[people::HCPCS], any),
    near("HealthInsuranceCardNumber-EU", "80[0-9]{18}", &[people::EHIC], any),
    near(
        "HealthInsuranceClaimNumber-US",
        "[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?[A-Z][0-9A-Z]?",
        &[people::HICN],
        any,
    ),
    near("HealthInsuranceNumber-FR", NIR, &[people::VITALE], insee),
    near("MedicareBeneficiaryNumber-US", MEDICARE, &[people::MEDICARE], any),
    near(
        "NationalDrugCode-US",
        "[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3}-[0-9]{2}|[0-9]{5}-[0-9]{4}-[0-9]{1,2}",
        &[people::NDC],
        any,
    ),
    near(
        "NationalInsuranceNumber-GB",
        "[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?[0-9]{2}){3} ?[A-D]",
        &[people::NINO],
        any,
    ),
    near("NationalProviderId-US", "[12][0-9]{9}", &[people::NPI], npi),
    near("NhsNumber-GB", "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", &[people::NHS], nhs),
    near("PersonalHealthNumber-CA", "[0-9]{4}[ -]?[0-9]{3}[ -]?[0-9]{3}", &[people::PHN], any),
    // People.
    near("CepCode-BR", "[0-9]{5}-?[0-9]{3}", &[people::CEP], any),
    near("Cnpj-BR", "[0-9]{2}\\.?[0-9]{3}\\.?[0-9]{3}/?[0-9]{4}-?[0-9]{2}", &[people::CNPJ], cnpj),
    near("CpfCode-BR", "[0-9]{3}\\.?[0-9]{3}\\.?[0-9]{3}-?[0-9]{2}", &[people::CPF], cpf),
    near("DateOfBirth", DATE, &[people::BIRTH], any),
    licence("DriversLicense-AT", "[0-9]{8}", &[licences::AT]),
    licence("DriversLicense-AU", "[A-Za-z0-9]{4,11}", &[licences::AU]),
    licence("DriversLicense-BE", "[0-9]{10}", &[licences::BE]),
    licence("DriversLicense-BG", "[0-9]{9}", &[licences::BG]),
    licence("DriversLicense-CA", LICENCE_GROUPS, &[licences::ENGLISH, licences::FRENCH]),
    licence("DriversLicense-CY", LICENCE, &[licences::CY]),
    licence("DriversLicense-CZ", "[A-Z]{2} ?[0-9]{6}", &[licences::CZ]),
    licence("DriversLicense-DE", "[A-Z0-9]{11}", &[licences::DE]),
    licence("DriversLicense-DK", "[0-9]{8}", &[licences::DK]),
    licence("DriversLicense-EE", "[A-Z]{2}[0-9]{6}", &[licences::EE]),
    licence("DriversLicense-ES", "[0-9]{8}-?[A-Z]|[XYZ][0-9]{7}-?[A-Z]", &[licences::ES]),
    licence("DriversLicense-FI", "[0-9]{6}[-+A][0-9]{3}[0-9A-Y]", &[licences::FI]),
    licence("DriversLicense-FR", "[0-9]{12}|[0-9]{2}[A-Z]{2}[0-9]{5}", &[licences::FRENCH]),
    licence(
        "DriversLicense-GB",
        "[A-Z9]{5}[0-9]{6}[A-Z9]{2}[A-Z0-9]{3}(?: ?[0-9]{2})?",
        &[licences::ENGLISH],
    ),
    licence("DriversLicense-GR", "[0-9]{9}", &[licences::GR]),
    licence("DriversLicense-HR", "[0-9]{8}", &[licences::HR]),
    licence("DriversLicense-HU", "[A-Z]{2}[0-9]{6}", &[licences::HU]),
    licence("DriversLicense-IE", "[0-9]{9}", &[licences::IE]),
    licence("DriversLicense-IT", "[A-Z]{2}[0-9]{7}[A-Z]|U1[A-Z0-9]{8}", &[licences::IT]),
    licence("DriversLicense-LT", "[0-9]{8}", &[licences::LT]),
    licence("DriversLicense-LU", "[0-9]{6}", &[licences::LU]),
    licence("DriversLicense-LV", "[A-Z]{2}[0-9]{6}", &[licences::LV]),
    licence("DriversLicense-MT", LICENCE, &[licences::MT]),
    licence("DriversLicense-NL", "[0-9]{10}", &[licences::NL]),
    licence("DriversLicense-PL", "[0-9]{5}/[0-9]{2}/[0-9]{4}", &[licences::PL]),
    licence("DriversLicense-PT", "[A-Z]{1,2}-?[0-9]{5,9} ?[0-9]?", &[licences::PT]),
    licence("DriversLicense-RO", "[A-Z][0-9]{8}[A-Z]", &[licences::RO]),
    licence("DriversLicense-SE", "[0-9]{6}-?[0-9]{4}", &[licences::SE]),
    licence("DriversLicense-SI", "[0-9]{9}", &[licences::SI]),
    licence("DriversLicense-SK", "[A-Z][0-9]{7}", &[licences::SK]),
    licence("DriversLicense-US", LICENCE_GROUPS, &[licences::ENGLISH]),
    near("ElectoralRollNumber-GB", "[A-Z]{2,4}[0-9]{1,4}", &[people::ELECTORAL], any),
    alone(
        "EmailAddress",
        "[A-Za-z0-9_][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}",
        any,
    ),
    near(
        "IndividualTaxIdentificationNumber-US",
        "9[0-9]{2}[ -]?(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-2]|9[4-9])[ -]?[0-9]{4}",
        &[people::ITIN],
        any,
    ),
    near("InseeCode-FR", NIR, &[people::IDENTITY_FR], insee),
    near(
        "LatLong",
        "[-+]?[0-9]{1,2}\\.[0-9]{2,12}, ?[-+]?[0-9]{1,3}\\.[0-9]{2,12}",
        &[people::POSITION],
        coordinates,
    ),
    near(
        "NationalIdentificationNumber-DE",
        "[LMNPRTVWXY][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9]?",
        &[people::IDENTITY_DE],
        german_card,
    ),
    near("NationalIdentificationNumber-ES", "[0-9]{8}[ -]?[A-Z]", &[people::IDENTITY_ES], spanish),
    near("NationalIdentificationNumber-IT", FISCAL, &[people::IDENTITY_IT], codice_fiscale),
    near("NieNumber-ES", "[XYZ][ -]?[0-9]{7}[ -]?[A-Z]", &[people::TAX_ES], spanish),
    near(
        "NifNumber-ES",
        "[0-9]{8}[ -]?[A-Z]|[KLMXYZ][ -]?[0-9]{7}[ -]?[A-Z]",
        &[people::TAX_ES],
        spanish,
    ),
    near("PassportNumber-CA", "[A-Z]{2}[0-9]{6}", &[people::PASSPORT_CA], any),
    near(
        "PassportNumber-DE",
        "[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9]?",
        &[people::PASSPORT_DE],
        german_card,
    ),
    near("PassportNumber-ES", "[A-Z]{3}[0-9]{6}[A-Z]?", &[people::PASSPORT_ES], any),
    near("PassportNumber-FR", "[0-9]{2}[A-Z]{2}[0-9]{5}", &[people::PASSPORT_FR], any),
    near("PassportNumber-GB", "[0-9]{9}", &[people::PASSPORT_GB], any),
    near("PassportNumber-IT", "[A-Z]{2}[0-9]{7}", &[people::PASSPORT_IT], any),
    near("PassportNumber-US", "[0-9]{9}|[A-Z][0-9]{8}", &[people::PASSPORT_US], any),
    near("PermanentResidenceNumber-CA", "[A-Z]{2}[0-9]{7,10}", &[people::RESIDENCE], any),
    phone(
        "PhoneNumber",
        people::PHONE_WITH_CODE,
        people::PHONE_WITHOUT,
        &[people::PHONE, people::PHONE_BR],
    ),
    phone("PhoneNumber-BR", people::CODE_BR, people::LOCAL_BR, &[people::PHONE, people::PHONE_BR]),
    phone("PhoneNumber-CA", people::CODE_US, people::LOCAL_US, &[people::PHONE]),
    phone("PhoneNumber-DE", people::CODE_DE, people::LOCAL_EU, &[people::PHONE]),
    phone("PhoneNumber-ES", people::CODE_ES, people::LOCAL_ES, &[people::PHONE]),
    phone("PhoneNumber-FR", people::CODE_FR, people::LOCAL_FR, &[people::PHONE]),
    phone("PhoneNumber-GB", people::CODE_GB, people::LOCAL_EU, &[people::PHONE]),
    phone("PhoneNumber-IT", people::CODE_IT, people::LOCAL_IT, &[people::PHONE]),
    phone("PhoneNumber-US", people::CODE_US, people::LOCAL_US, &[people::PHONE]),
    alone(
        "PostalCode-CA",
        "[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][ -]?[0-9][ABCEGHJ-NPRSTV-Z][0-9]",
        any,
    ),
    near("RgNumber-BR", "[0-9]{1,2}\\.?[0-9]{3}\\.?[0-9]{3}-?[0-9Xx]", &[people::RG], any),
    near("SocialInsuranceNumber-CA", "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", &[people::SIN], luhn),
    near("Ssn-ES", "[0-9]{2}[ /-]?[0-9]{8}[ /-]?[0-9]{2}", &[people::SSN_ES], spanish_social),
    near("Ssn-US", "[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}", &[people::SSN_US], ssn),
    near("TaxId-DE", "[1-9][0-9](?: ?[0-9]{3}){3}", &[people::TAX_DE], german_tax),
    near("TaxId-ES", "[ABCDEFGHJNP-SUVW][ -]?[0-9]{7}[ -]?[0-9A-J]", &[people::TAX_ES], cif),
    near("TaxId-FR", "[0-3][0-9](?: ?[0-9]{2})(?: ?[0-9]{3}){3}", &[people::TAX_FR], french_tax),
    near("TaxId-GB", "[0-9]{5} ?[0-9]{5}K?", &[people::TAX_GB], utr),
    near("VehicleIdentificationNumber", "[A-HJ-NPR-Z0-9]{17}", &[people::VIN], vin),
    near("ZipCode-US", "[0-9]{5}(?:-[0-9]{4})?", &[people::ZIP], any),
];

/// Finds an identifier by its name.
pub(super) fn managed(name: &str) -> Option<&'static Managed> {
    MANAGED.iter().find(|managed| managed.name == name)
}
