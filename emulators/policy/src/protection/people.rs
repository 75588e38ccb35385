//! Keywords and patterns for people; developer guide of SNS, "sensitive data types": credentials,
//! PHI, PII.

pub(super) const SECRET: &[&str] = &[
    "aws_secret_access_key",
    "credentials",
    "secret access key",
    "secret key",
    "set-awscredential",
];

// Health.
pub(super) const DEA: &[&str] = &["dea number", "dea registration"];
pub(super) const HCPCS: &[&str] =
    &["current procedural terminology", "hcpcs", "healthcare common procedure coding system"];
pub(super) const EHIC: &[&str] = &[
    "assicurazione sanitaria numero",
    "carta assicurazione numero",
    "carte d'assurance maladie",
    "carte européenne d'assurance maladie",
    "ceam",
    "ehic",
    "ehic#",
    "finlandehicnumber#",
    "gesundheitskarte",
    "hälsokort",
    "health card",
    "health card number",
    "health insurance card",
    "health insurance number",
    "insurance card number",
    "krankenversicherungskarte",
    "krankenversicherungsnummer",
    "medical account number",
    "numero conto medico",
    "numéro d'assurance maladie",
    "numéro de carte d'assurance",
    "numéro de compte medical",
    "número de cuenta médica",
    "número de seguro de salud",
    "número de tarjeta de seguro",
    "sairaanhoitokortin",
    "sairausvakuutuskortti",
    "sairausvakuutusnumero",
    "sjukförsäkring nummer",
    "sjukförsäkringskort",
    "suomi ehic-numero",
    "tarjeta de salud",
    "terveyskortti",
    "tessera sanitaria assicurazione numero",
    "versicherungsnummer",
];
pub(super) const HICN: &[&str] = &[
    "health insurance claim number",
    "hic no",
    "hic no.",
    "hic number",
    "hic#",
    "hicn",
    "hicn#.",
    "hicno#",
];
pub(super) const VITALE: &[&str] = &["carte d'assuré social", "carte vitale", "insurance card"];
pub(super) const MEDICARE: &[&str] = &["mbi", "medicare beneficiary"];
pub(super) const NDC: &[&str] = &["national drug code", "ndc"];
pub(super) const NINO: &[&str] = &[
    "insurance no.",
    "insurance number",
    "insurance#",
    "national insurance number",
    "nationalinsurance#",
    "nationalinsurancenumber",
    "nin",
    "nino",
];
pub(super) const NPI: &[&str] = &["hipaa", "n.p.i", "national provider", "npi"];
pub(super) const NHS: &[&str] = &["national health service", "nhs"];
pub(super) const PHN: &[&str] = &[
    "canada healthcare number",
    "msp number",
    "personal healthcare number",
    "phn",
    "soins de santé",
];

// Brazil.
pub(super) const CEP: &[&str] =
    &["cep", "código de endereçamento postal", "codigo de endereçamento postal"];
pub(super) const CNPJ: &[&str] =
    &["cadastro nacional da pessoa jurídica", "cadastro nacional da pessoa juridica", "cnpj"];
pub(super) const CPF: &[&str] = &[
    "cadastro de pessoas fisicas",
    "cadastro de pessoas físicas",
    "cadastro de pessoa física",
    "cadastro de pessoa fisica",
    "cpf",
];
pub(super) const RG: &[&str] = &["registro geral", "rg"];

// Everywhere.
pub(super) const BIRTH: &[&str] =
    &["dob", "date of birth", "birthdate", "birth date", "birthday", "b-day", "bday"];
pub(super) const POSITION: &[&str] =
    &["coordinate", "coordinates", "lat long", "latitude longitude", "location", "position"];
pub(super) const VIN: &[&str] = &[
    "fahrgestellnummer",
    "niv",
    "numarul de identificare",
    "numarul seriei de sasiu",
    "serie sasiu",
    "numer vin",
    "número de identificação do veículo",
    "número de identificación de automóviles",
    "numéro d'identification du véhicule",
    "vehicle identification number",
    "vin",
    "vin numeris",
];
pub(super) const ZIP: &[&str] = &["zip code", "zip+4"];
pub(super) const ELECTORAL: &[&str] = &[
    "electoral#",
    "electoral #",
    "electoralnumber",
    "electoral number",
    "electoralroll#",
    "electoral roll#",
    "electoral roll #",
    "electoral roll no.",
    "electoral roll number",
    "electoralrollno",
];
pub(super) const RESIDENCE: &[&str] = &[
    "carte résident permanent",
    "numéro carte résident permanent",
    "numéro résident permanent",
    "permanent resident card",
    "permanent resident card number",
    "permanent resident no",
    "permanent resident no.",
    "permanent resident number",
    "pr no",
    "pr no.",
    "pr non",
    "pr number",
    "résident permanent no.",
    "résident permanent non",
];

// Identity.
pub(super) const IDENTITY_DE: &[&str] = &[
    "ausweisnummer",
    "id number",
    "identification number",
    "identity number",
    "insurance number",
    "personal id",
    "personalausweis",
];
pub(super) const IDENTITY_ES: &[&str] = &[
    "dni",
    "dni#",
    "dninúmero#",
    "documento nacional de identidad",
    "identidad único",
    "identidadúnico#",
    "insurance number",
    "national identification number",
    "national identity",
    "nationalid#",
    "nationalidno#",
    "número nacional identidad",
    "personal identification number",
    "personal identity no",
    "unique identity number",
    "uniqueid#",
];
pub(super) const IDENTITY_FR: &[&str] = &[
    "assurance sociale",
    "carte nationale d'identité",
    "cni",
    "code sécurité sociale",
    "french social security number",
    "fssn#",
    "insee",
    "insurance number",
    "national id number",
    "nationalid#",
    "numéro d'assurance",
    "sécurité sociale",
    "sécurité sociale non.",
    "sécurité sociale numéro",
    "social",
    "social security",
    "social security number",
    "socialsecuritynumber",
    "ss#",
    "ssn",
    "ssn#",
];
pub(super) const IDENTITY_IT: &[&str] = &[
    "codice fiscal",
    "codice fiscale",
    "dati anagrafici",
    "ehic",
    "health card",
    "health insurance card",
    "p. iva",
    "partita i.v.a.",
    "personal data",
    "tax code",
    "tessera sanitaria",
];
pub(super) const SIN: &[&str] =
    &["canadian id", "numéro d'assurance sociale", "social insurance number", "sin"];
pub(super) const SSN_ES: &[&str] = &[
    "número de la seguridad social",
    "social security no.",
    "social security number",
    "socialsecurityno#",
    "ssn",
    "ssn#",
];
pub(super) const SSN_US: &[&str] = &["social security", "ss#", "ssn"];

// Passports.
pub(super) const PASSPORT_CA: &[&str] =
    &["passeport", "passeport#", "passport", "passport#", "passportno", "passportno#"];
pub(super) const PASSPORT_DE: &[&str] = &[
    "ausstellungsdatum",
    "ausstellungsort",
    "geburtsdatum",
    "passport",
    "passports",
    "reisepass",
    "reisepass-nr",
    "reisepassnummer",
];
pub(super) const PASSPORT_ES: &[&str] = &[
    "españa pasaporte",
    "libreta pasaporte",
    "número pasaporte",
    "pasaporte",
    "passport",
    "passport book",
    "passport no",
    "passport number",
    "spain passport",
];
pub(super) const PASSPORT_FR: &[&str] = &[
    "numéro de passeport",
    "passeport",
    "passeport#",
    "passeport #",
    "passeportn °",
    "passeport n °",
    "passeportnon",
    "passeport non",
];
pub(super) const PASSPORT_GB: &[&str] = &[
    "passeport #",
    "passeport n °",
    "passeportnon",
    "passeport non",
    "passeportn °",
    "passport #",
    "passport no",
    "passport number",
    "passport#",
    "passportid",
];
pub(super) const PASSPORT_IT: &[&str] = &[
    "italian passport number",
    "numéro passeport",
    "numéro passeport italien",
    "passaporto",
    "passaporto italiana",
    "passaporto numero",
    "passport number",
    "repubblica italiana passaporto",
];
pub(super) const PASSPORT_US: &[&str] = &["passport", "travel document"];

// Taxes.
pub(super) const TAX_DE: &[&str] = &[
    "identifikationsnummer",
    "steuer id",
    "steueridentifikationsnummer",
    "steuernummer",
    "tax id",
    "tax identification number",
    "tax number",
];
pub(super) const TAX_ES: &[&str] = &[
    "cif",
    "cif número",
    "cifnúmero#",
    "nie",
    "nif",
    "número de contribuyente",
    "número de identidad de extranjero",
    "número de identificación fiscal",
    "número de impuesto corporativo",
    "personal tax number",
    "tax id",
    "tax identification number",
    "tax number",
    "tin",
    "tin#",
];
pub(super) const TAX_FR: &[&str] = &[
    "numéro d'identification fiscale",
    "tax id",
    "tax identification number",
    "tax number",
    "tin",
    "tin#",
];
pub(super) const TAX_GB: &[&str] = &[
    "paye",
    "tax id",
    "tax id no.",
    "tax id number",
    "tax identification",
    "tax identification#",
    "tax no.",
    "tax number",
    "tax reference",
    "tax#",
    "taxid#",
    "temporary reference number",
    "tin",
    "trn",
    "unique tax reference",
    "unique taxpayer reference",
    "utr",
];
pub(super) const ITIN: &[&str] = &["individual taxpayer identification number", "itin", "i.t.i.n."];

// Phones.
pub(super) const PHONE: &[&str] = &[
    "cell",
    "contact",
    "fax",
    "fax number",
    "mobile",
    "phone",
    "phone number",
    "tel",
    "telephone",
    "telephone number",
];
pub(super) const PHONE_BR: &[&str] =
    &["cel", "celular", "fone", "móvel", "número residencial", "numero residencial", "telefone"];
pub(super) const CODE_BR: &str = r"\+55[ .-]?\(?[1-9][0-9]\)?[ .-]?9?[0-9]{4}[ .-]?[0-9]{4}";
pub(super) const LOCAL_BR: &str = r"\(?0?[1-9][0-9]\)?[ .-]?9?[0-9]{4}[ .-]?[0-9]{4}";
pub(super) const CODE_US: &str = r"\+1[ .-]?\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}";
pub(super) const LOCAL_US: &str =
    r"(?:1[ .-])?\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}";
pub(super) const CODE_DE: &str = r"\+49(?:[ ./-]?[0-9]){7,12}";
pub(super) const CODE_GB: &str = r"\+44[ .-]?(?:\(0\))?[1-9](?:[ .-]?[0-9]){8,9}";
pub(super) const LOCAL_EU: &str = r"\(?0[1-9](?:[ ./()-]{0,2}[0-9]){6,11}";
pub(super) const CODE_ES: &str = r"\+34[ .-]?[6-9](?:[ .-]?[0-9]){8}";
pub(super) const LOCAL_ES: &str = r"[6-9](?:[ .-]?[0-9]){8}";
pub(super) const CODE_FR: &str = r"\+33[ .-]?(?:\(0\))?[1-9](?:[ .-]?[0-9]{2}){4}";
pub(super) const LOCAL_FR: &str = r"0[1-9](?:[ .-]?[0-9]{2}){4}";
pub(super) const CODE_IT: &str = r"\+39[ .-]?[03](?:[ .-]?[0-9]){7,10}";
pub(super) const LOCAL_IT: &str = r"[03](?:[ .-]?[0-9]){8,10}";
/// Of any of the countries above.
pub(super) const PHONE_WITH_CODE: &str = r"\+(?:1|33|34|39|44|49|55)(?:[ ./()-]{0,2}[0-9]){7,12}";
/// Seven to twelve digits, in groups or not.
pub(super) const PHONE_WITHOUT: &str = r"\(?[0-9](?:[ ./()-]{0,2}[0-9]){6,11}";
