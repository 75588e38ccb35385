//! Blocks of IP addresses in CIDR form.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    network: IpAddr,
    bits: u8,
}

impl Block {
    /// Makes a block of the addresses that share the first `bits` bits with `address`.
    #[must_use]
    pub const fn new(address: IpAddr, bits: u8) -> Option<Self> {
        let most = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        if bits > most { None } else { Some(Self { network: address, bits }) }
    }

    /// Whether the address is in the block; an IPv4 address in IPv6 form counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                // A block of mapped addresses counts its bits from the 96 before.
                let bits = match self.network {
                    IpAddr::V4(_) => u32::from(self.bits),
                    IpAddr::V6(_) => u32::from(self.bits).saturating_sub(96),
                };
                let different = network.to_bits() ^ address.to_bits();
                bits == 0 || different >> (32 - bits) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => self.contains_v6(network, address),
            _ => false,
        }
    }

    fn contains_v6(&self, network: Ipv6Addr, address: Ipv6Addr) -> bool {
        let different = network.to_bits() ^ address.to_bits();
        self.bits == 0 || different >> (128 - u32::from(self.bits)) == 0
    }
}

impl FromStr for Block {
    type Err = NotABlock;

    fn from_str(text: &str) -> Result<Self, NotABlock> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotABlock)?;
        let bits = match (bits, address) {
            (Some(bits), _) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().map_err(|_| NotABlock)?
            }
            (Some(_), _) => return Err(NotABlock),
            (None, IpAddr::V4(_)) => 32,
            (None, IpAddr::V6(_)) => 128,
        };
        Self::new(address, bits).ok_or(NotABlock)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.network, self.bits)
    }
}

/// The text is no address and no block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotABlock;

impl fmt::Display for NotABlock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a block of addresses has the form 10.0.0.0/8 or 2001:db8::/32")
    }
}

impl std::error::Error for NotABlock {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_contain_their_addresses() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", "10.255.3.1", "11.0.0.1"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.8"),
            ("192.168.1.0/31", "192.168.1.1", "192.168.1.2"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
        ] {
            let block: Block = block.parse().unwrap();
            assert!(block.contains(inside.parse().unwrap()), "{block} {inside}");
            assert!(!block.contains(outside.parse().unwrap()), "{block} {outside}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "a/b"] {
            assert_eq!(wrong.parse::<Block>(), Err(NotABlock), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn an_address_is_in_the_block_when_its_first_bits_are(
            network: u32, address: u32, bits in 0_u8..=32
        ) {
            let block = Block::new(IpAddr::V4(network.into()), bits).unwrap();
            let digits = |number: u32| format!("{number:032b}")[..usize::from(bits)].to_owned();
            let near = network ^ address.checked_shr(u32::from(bits)).unwrap_or(0);
            for address in [address, near] {
                let same = digits(network) == digits(address);
                prop_assert_eq!(block.contains(IpAddr::V4(address.into())), same);
            }
        }
    }
}
