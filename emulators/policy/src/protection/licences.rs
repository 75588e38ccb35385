//! Keywords for driver's licences; developer guide of SNS, "keywords for driver's license
//! identification numbers".

pub(super) const ENGLISH: &[&str] = &[
    "dl#",
    "dl:",
    "dlno#",
    "driver licence",
    "driver licences",
    "driver license",
    "driver licenses",
    "driver permit",
    "drivers lic.",
    "drivers licence",
    "driver's licence",
    "drivers licences",
    "driver's licences",
    "drivers license",
    "driver's license",
    "drivers licenses",
    "driver's licenses",
    "drivers permit",
    "driver's permit",
    "drivers permit number",
    "driving licence",
    "driving license",
    "driving permit",
];
pub(super) const FRENCH: &[&str] = &["permis de conduire"];
pub(super) const AT: &[&str] = &[
    "führerschein",
    "fuhrerschein",
    "führerschein republik österreich",
    "fuhrerschein republik osterreich",
];
pub(super) const AU: &[&str] = &[
    "dl#",
    "dl:",
    "dl :",
    "dlno#",
    "driver licence",
    "driver license",
    "driver permit",
    "drivers lic.",
    "drivers licence",
    "driver's licence",
    "drivers license",
    "driver's license",
    "drivers permit",
    "driver's permit",
    "drivers permit number",
    "driving licence",
    "driving license",
    "driving permit",
];
pub(super) const BE: &[&str] = &[
    "fuehrerschein",
    "fuehrerschein- nr",
    "fuehrerscheinnummer",
    "fuhrerschein",
    "führerschein",
    "fuhrerschein- nr",
    "führerschein- nr",
    "fuhrerscheinnummer",
    "führerscheinnummer",
    "numéro permis conduire",
    "permis de conduire",
    "rijbewijs",
    "rijbewijsnummer",
];
pub(super) const BG: &[&str] = &[
    "превозно средство",
    "свидетелство за управление на моторно",
    "свидетелство за управление на мпс",
    "сумпс",
    "шофьорска книжка",
];
pub(super) const CY: &[&str] = &["άδεια οδήγησης"];
pub(super) const CZ: &[&str] = &[
    "číslo licence",
    "císlo licence řidiče",
    "číslo řidičského průkazu",
    "ovladače lic.",
    "povolení k jízdě",
    "povolení řidiče",
    "řidiči povolení",
    "řidičský prúkaz",
    "řidičský průkaz",
];
pub(super) const DE: &[&str] = &[
    "fuehrerschein",
    "fuehrerschein- nr",
    "fuehrerscheinnummer",
    "fuhrerschein",
    "führerschein",
    "fuhrerschein- nr",
    "führerschein- nr",
    "fuhrerscheinnummer",
    "führerscheinnummer",
];
pub(super) const DK: &[&str] = &["kørekort", "kørekortnummer"];
pub(super) const EE: &[&str] =
    &["juhi litsentsi number", "juhiloa number", "juhiluba", "juhiluba number"];
pub(super) const ES: &[&str] = &[
    "carnet conducer",
    "el carnet de conducer",
    "licencia conducer",
    "licencia de manejo",
    "número carnet conducer",
    "número de carnet de conducer",
    "número de permiso conducer",
    "número de permiso de conducer",
    "número licencia conducer",
    "número permiso conducer",
    "permiso conducción",
    "permiso conducer",
    "permiso de conducción",
];
pub(super) const FI: &[&str] = &[
    "ajokortin numero",
    "ajokortti",
    "förare lic.",
    "körkort",
    "körkort nummer",
    "kuljettaja lic.",
    "permis de conduire",
];
pub(super) const GR: &[&str] = &["δεια οδήγησης", "adeia odigisis"];
pub(super) const HR: &[&str] = &["vozačka dozvola"];
pub(super) const HU: &[&str] = &[
    "illesztőprogramok lic",
    "jogosítvány",
    "jogsi",
    "licencszám",
    "vezető engedély",
    "vezetői engedély",
];
pub(super) const IE: &[&str] = &["ceadúnas tiomána"];
pub(super) const IT: &[&str] =
    &["patente di guida", "patente di guida numero", "patente guida", "patente guida numero"];
pub(super) const LT: &[&str] = &["vairuotojo pažymėjimas"];
pub(super) const LU: &[&str] = &["fahrerlaubnis", "führerschäin"];
pub(super) const LV: &[&str] = &[
    "autovadītāja apliecība",
    "licences numurs",
    "vadītāja apliecība",
    "vadītāja apliecības numurs",
    "vadītāja atļauja",
    "vadītāja licences numurs",
    "vadītāji lic.",
];
pub(super) const MT: &[&str] = &["liċenzja tas-sewqan"];
pub(super) const NL: &[&str] = &["permis de conduire", "rijbewijs", "rijbewijsnummer"];
pub(super) const PL: &[&str] = &["numer licencyjny", "prawo jazdy", "zezwolenie na prowadzenie"];
pub(super) const PT: &[&str] = &[
    "carta de condução",
    "carteira de habilitação",
    "carteira de motorist",
    "carteira habilitação",
    "carteira motorist",
    "licença condução",
    "licença de condução",
    "número de licença",
    "número licença",
    "permissão condução",
    "permissão de condução",
];
pub(super) const RO: &[&str] = &["numărul permisului de conducere", "permis de conducere"];
pub(super) const SE: &[&str] = &[
    "ajokortin numero",
    "dlno#",
    "ajokortti",
    "drivere lic.",
    "förare lic.",
    "körkort",
    "körkort nummer",
    "körkortsnummer",
    "kuljettajat lic.",
];
pub(super) const SI: &[&str] = &["vozniško dovoljenje"];
pub(super) const SK: &[&str] = &[
    "číslo licencie",
    "číslo vodičského preukazu",
    "ovládače lic.",
    "povolenia vodičov",
    "povolenie jazdu",
    "povolenie na jazdu",
    "povolenie vodiča",
    "vodičský preukaz",
];
