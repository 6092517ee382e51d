"""PTT's movement codes as states of ours. Data: specs/ptt/gonderi_durum_kodlari.csv (supplied by a third person, not by PTT).

Codes that say nothing about where a parcel is (instructions, fees, contracts) stand nowhere here and change nothing.
"""

from __future__ import annotations

from app.model import ShipmentStatus

_ACCEPTED = "1"
_REGISTERED = "701"
_ON_THE_WAY = (
    "16 77 8 9 3 6 4 78 303 5 91 302 999 320 14 149 11 13 92 148"  # forwarding
    " 12 165 15 501"  # taken off a round; a return, a delivery, a destruction called off
    " 176 177 174 175 172 178 170 171 173"  # given back by the courier
    " 699 304"  # out of the depot, out of customs
)
_OUT = "7 201"  # with the courier, in a locker
_DELIVERED = "100 252 157 807 818 812 202 813 221 222 223 824 220 225 226 227 224 815 232 814 229 230 231 228 826 829 827 825 816 828 106"
_RETURNED = "120 141"
_RETURNING = "156 99 151 163 161 164 830 133 154 155 152 160 162 134 135 136 153 166 158 167 137 168 198 169 849 854 855 856 260 261 832 203"
_NOT_DELIVERED = (
    "109 118 127 147 105 150 140 101 145 125 146 380 107 113 124 126 112 131 144 381 111 143 117 388 389 142 110 139 132 114 115 116"
    " 716 194 712 108 128 713 129 711 709 714 717 718 211 710 130 715 719 196 195 199 197 720 262"
    " 600 601 532 568 531 557 567 569 530 566 527 560 528 545 565 583 547 556 529 546 585 578"  # from the courier's terminal
    " 652 650 653 657 651 656 654 655"  # waits in an office
)
_TROUBLE = "831 21 180 181 185 183 10 192 103 182 184 241 191 102 186 190 119 310 204 290 291"
_CANCELLED = "2"

STATES: dict[str, ShipmentStatus] = {
    code: status
    for status, codes in (
        (ShipmentStatus.CREATED, _REGISTERED),
        (ShipmentStatus.ACCEPTED, _ACCEPTED),
        (ShipmentStatus.IN_TRANSIT, _ON_THE_WAY),
        (ShipmentStatus.OUT_FOR_DELIVERY, _OUT),
        (ShipmentStatus.DELIVERED, _DELIVERED),
        (ShipmentStatus.RETURNED, _RETURNED),
        (ShipmentStatus.PROBLEM, f"{_RETURNING} {_NOT_DELIVERED} {_TROUBLE}"),
        (ShipmentStatus.CANCELLED, _CANCELLED),
    )
    for code in codes.split()
}
