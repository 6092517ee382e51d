"""The districts that Sendeo delivers to, by plate number of the province: data of SendeoTeknoloji/web-service-doc (il-ilce.xlsx, MIT),
1,009 rows as they stood there. Must never be edited by hand: another id is another place."""

from __future__ import annotations

#: Plate → (province, `district=id` with semicolons between).
TABLE: dict[int, tuple[str, str]] = {
    1: ("Adana", (
        "Aladağ=1067105;Ceyhan=1068659;Çukurova=1068829;Feke=1036454;İmamoğlu=1067371;Karaisalı=1059611;"
        "Karataş=1068355;Kozan=1068005;MERKEZ=343898;Pozantı=1065054;Saimbeyli=1063300;Sarıçam=1067673;"
        "Seyhan=1069214;Tufanbeyli=1041173;Yumurtalık=1058453;Yüreğir=1069035"
    )),
    2: ("Adıyaman", (
        "Besni=1067585;Çelikhan=1061432;Gerger=1042102;Gölbaşı=1065543;Kahta=1069083;Merkez=1069247;"
        "Samsat=901815;Sincik=1012432;Tut=1059337"
    )),
    3: ("Afyonkarahisar", (
        "Başmakçı=1062212;Bayat=1023056;Bolvadin=1065457;Çay=1067840;Çobanlar=1064642;Dazkırı=1062833;"
        "Dinar=1067808;Emirdağ=1068955;Evciler=1052635;Hocalar=1063458;İhsaniye=1067867;İscehisar=1061343;"
        "Kızılören=1056569;Merkez=1069141;Sandıklı=1067775;Sinanpaşa=1060827;Sultandağı=1063839;Şuhut=1059078"
    )),
    4: ("Ağrı", (
        "Diyadin=1046824;Doğubayazıt=1067759;Eleşkirt=1042512;Hamur=995804;Merkez=1067700;Patnos=1060887;"
        "Taşlıçay=1045753;Tutak=989092"
    )),
    5: ("Amasya", (
        "Göynücek=1032100;Gümüşhacıköy=1068055;Hamamözü=1016749;Merkez=1069062;Merzifon=1068878;Suluova=1066299;"
        "Taşova=1056323"
    )),
    6: ("Ankara", (
        "Akyurt=1069024;Altındağ=1069262;Ayaş=1047486;Bala=1046504;Beypazarı=1066570;Çamlıdere=992782;"
        "Çankaya=1069268;Çubuk=1067881;Elmadağ=1067893;Etimesgut=1069205;Evren=1046314;Gölbaşı=1069201;"
        "Güdül=1068819;Haymana=1053202;Kahramankazan=1066600;Kalecik=1063363;KAZAN=177489;Keçiören=1069259;"
        "Kızılcahamam=1063393;Mamak=1069202;Nallıhan=1067972;Polatlı=1067976;Pursaklar=1069104;Sincan=1069176;"
        "Şereflikoçhisar=1067518;Yenimahalle=1069069"
    )),
    7: ("Antalya", (
        "Akseki=1064710;Aksu=1068528;Alanya=1068201;Demre=1066776;Döşemealtı=1069125;Elmalı=1065982;"
        "Finike=1068287;Gazipaşa=1066438;Gündoğmuş=1031591;İbradı=973173;Kaş=1068377;Kemer=1066461;Kepez=1069223;"
        "Konyaaltı=1069226;Korkuteli=1069169;Kumluca=1065046;Manavgat=1069087;Muratpaşa=1069168;Serik=1069144"
    )),
    8: ("Artvin", (
        "Ardanuç=1060107;Arhavi=1066379;Borçka=1065065;Hopa=1067846;Kemalpaşa=1052324;Merkez=1067815;"
        "Murgul=1068029;Şavşat=1052181;Yusufeli=1001388"
    )),
    9: ("Aydın", (
        "Bozdoğan=1068216;Buharkent=1069207;Çine=1064250;Didim=1069177;Efeler=1069072;Germencik=1067113;"
        "İncirliova=1068454;Karacasu=1063354;Karpuzlu=1063030;Koçarlı=1063186;Köşk=1067697;Kuşadası=1069049;"
        "Kuyucak=1068778;MERKEZ=343917;Nazilli=1069145;Söke=1068289;Sultanhisar=1062989;Yenipazar=1048651"
    )),
    10: ("Balıkesir", (
        "Altıeylül=1069132;Ayvalık=1069114;Balya=1068089;Bandırma=1068923;Bigadiç=1065448;Burhaniye=1068459;"
        "Dursunbey=1067447;Edremit=1069103;Erdek=1067956;Gömeç=1068645;Gönen=1069179;Havran=1068058;"
        "İvrindi=1065002;Karesi=1068826;Kepsut=1068681;Manyas=1067590;Marmara=1066176;MERKEZ=343918;"
        "Savaştepe=1063225;Sındırgı=1064005;Susurluk=1067214"
    )),
    11: ("Bilecik", (
        "Bozüyük=1067895;Gölpazarı=1067908;İnhisar=1022796;Merkez=1068448;Osmaneli=1060770;Pazaryeri=1063435;"
        "Söğüt=1058138;Yenipazar=1041277"
    )),
    12: ("Bingöl", (
        "Adaklı=1035259;Genç=1039109;Karlıova=1033762;Kiğı=1001592;Merkez=1065935;Solhan=1041776;"
        "Yayladere=267690;Yedisu=615130"
    )),
    13: ("Bitlis", (
        "Adilcevaz=1069127;Ahlat=1068483;Güroymak=1066877;Hizan=1056374;Merkez=1061732;Mutki=989877;"
        "Tatvan=1068797"
    )),
    14: ("Bolu", (
        "Dörtdivan=1059982;Gerede=1067981;Göynük=1050435;Kıbrıscık=1060098;Mengen=1048858;Merkez=1069048;"
        "Mudurnu=1067726;Seben=982970;Yeniçağa=1050463"
    )),
    15: ("Burdur", (
        "Ağlasun=1049795;Altınyayla=1060329;Bucak=1067971;Çavdır=1043401;Çeltikçi=1043192;Gölhisar=1067380;"
        "Karamanlı=1042748;Kemer=864215;Merkez=1068633;Tefenni=1047263;Yeşilova=1061693"
    )),
    16: ("Bursa", (
        "Büyükorhan=1059268;Gemlik=1069257;Gürsu=1069051;Harmancık=1054773;İnegöl=1068868;İznik=1068304;"
        "Karacabey=1069240;Keles=1042678;Kestel=1069131;MERKEZ=343924;Mudanya=1069170;Mustafakemalpaşa=1068152;"
        "Nilüfer=1069203;Orhaneli=1058679;Orhangazi=1068751;Osmangazi=1069101;Yenişehir=1067386;Yıldırım=1069077"
    )),
    17: ("Çanakkale", (
        "Ayvacık=1067612;Bayramiç=1068074;Biga=1068996;Bozcaada=1068931;Çan=1068671;Eceabat=1067633;"
        "Ezine=1068366;Gelibolu=1068792;Gökçeada=1052457;Lapseki=1068617;Merkez=1069224;Yenice=1064898"
    )),
    18: ("Çankırı", (
        "Atkaracalar=1045375;Bayramören=897633;Çerkeş=1065861;Eldivan=1064635;Ilgaz=1054821;Kızılırmak=1018316;"
        "Korgun=1054787;Kurşunlu=1055714;Merkez=1068907;Orta=1042024;Şabanözü=1063256;Yapraklı=914582"
    )),
    19: ("Çorum", (
        "Alaca=1063958;Bayat=1038205;Boğazkale=1004789;Dodurga=1066283;İskilip=1068627;Kargı=1067921;"
        "Laçin=773018;Mecitözü=1020358;Merkez=1069157;Oğuzlar=1033783;Ortaköy=1015214;Osmancık=1067824;"
        "Sungurlu=1068840;Uğurludağ=1047460"
    )),
    20: ("Denizli", (
        "Acıpayam=1068908;Babadağ=1045730;Baklan=1069117;Bekilli=1051108;Beyağaç=1064347;Bozkurt=1067540;"
        "Buldan=1067922;Çal=1064057;Çameli=1048766;Çardak=1067121;Çivril=1064082;Güney=1063035;Honaz=1068587;"
        "Kale=1061452;MERKEZ=343928;Merkezefendi=1069227;Pamukkale=1069139;Sarayköy=1059817;Serinhisar=1067937;"
        "Tavas=1065632"
    )),
    21: ("Diyarbakır", (
        "Bağlar=1068929;Bismil=1067334;Çermik=1062895;Çınar=1065847;Çüngüş=1032881;Dicle=1042275;Eğil=984575;"
        "Ergani=1069252;Hani=1060683;Hazro=1060290;Kayapınar=1069251;Kocaköy=1056756;Kulp=1025945;Lice=1069183;"
        "MERKEZ=343929;Silvan=1068983;Sur=1065732;Yenişehir=1068621"
    )),
    22: ("Edirne", (
        "Enez=1053150;Havsa=1066721;İpsala=1067827;Keşan=1067490;Lalapaşa=1005353;Meriç=1059770;Merkez=1069086;"
        "Süloğlu=1040829;Uzunköprü=1069084"
    )),
    23: ("Elazığ", (
        "Ağın=1003961;Alacakaya=1039357;Arıcak=1018374;Baskil=1062462;Karakoçan=1058958;Keban=1058724;"
        "Kovancılar=1068298;Maden=1063418;Merkez=1069171;Palu=1061289;Sivrice=1046311"
    )),
    24: ("Erzincan", (
        "Çayırlı=1055309;İliç=1068717;Kemah=1029802;Kemaliye=1054194;Merkez=1069130;Otlukbeli=773046;"
        "Refahiye=1062513;Tercan=1067032;Üzümlü=1048487"
    )),
    25: ("Erzurum", (
        "Aşkale=1063597;Aziziye=1065765;Çat=1042931;Hınıs=1061235;Horasan=1066527;İspir=1056564;"
        "Karaçoban=1032741;Karayazı=1059022;Köprüköy=1058136;MERKEZ=343933;Narman=1049662;Oltu=1068592;"
        "Olur=1036201;Palandöken=1069082;Pasinler=1019362;Pazaryolu=983548;Şenkaya=1042923;Tekman=1033410;"
        "Tortum=1065300;Uzundere=987301;Yakutiye=1067745"
    )),
    26: ("Eskişehir", (
        "Alpu=1056516;Beylikova=1053712;Çifteler=1059221;Günyüzü=993293;Han=966133;İnönü=1028823;"
        "Mahmudiye=1048603;MERKEZ=343934;Mihalgazi=1033819;Mihalıççık=1055635;Odunpazarı=1069124;"
        "Sarıcakaya=979001;Seyitgazi=1059613;Sivrihisar=1069153;Tepebaşı=1069123"
    )),
    27: ("Gaziantep", (
        "Araban=1068200;İslahiye=1067243;Karkamış=1064820;MERKEZ=343935;Nizip=1067625;Nurdağı=1059248;"
        "Oğuzeli=1063248;Şahinbey=1069110;Şehitkamil=1069216;Yavuzeli=1035396"
    )),
    28: ("Giresun", (
        "Alucra=961436;Bulancak=1068370;Çamoluk=1008675;Çanakçı=1029478;Dereli=1012974;Doğankent=1032435;"
        "Espiye=1066596;Eynesil=1066531;Görele=1062684;Güce=967925;Keşap=1061245;Merkez=1069161;Piraziz=1047117;"
        "Şebinkarahisar=1062885;Tirebolu=1061335;Yağlıdere=1043769"
    )),
    29: ("Gümüşhane", "Kelkit=1068624;Köse=1005222;Kürtün=1063290;Merkez=1067428;Şiran=1009368;Torul=1059338"),
    30: ("Hakkari", "Çukurca=1037099;Derecik=1015506;Merkez=1069023;Şemdinli=1060541;Yüksekova=1068420"),
    31: ("Hatay", (
        "Altınözü=1061667;Antakya=1069267;Arsuz=1068872;Belen=1065352;Defne=1067950;Dörtyol=1069118;"
        "Erzin=1060313;Hassa=1065500;İskenderun=1069225;Kırıkhan=1068600;Kumlu=1066441;MERKEZ=343939;"
        "Payas=1068303;Reyhanlı=1068901;Samandağ=1067317;Yayladağı=1054347"
    )),
    32: ("Isparta", (
        "Aksu=1008220;Atabey=1053943;Eğirdir=1065365;Gelendost=1056579;Gönen=1059304;Keçiborlu=1065544;"
        "Merkez=1068994;Senirkent=1065015;Sütçüler=1066034;Şarkikaraağaç=1062917;Uluborlu=1066085;Yalvaç=1067813;"
        "Yenişarbademli=988267"
    )),
    33: ("Mersin", (
        "Akdeniz=1068261;Anamur=1068340;Aydıncık=1058714;Bozyazı=1064919;Çamlıyayla=1022058;Erdemli=1067791;"
        "Gülnar=1063345;İçel=285025;MERKEZ=343941;Mezitli=1069044;Mut=1066817;Silifke=1068400;Tarsus=1069235;"
        "Toroslar=1068935;Yenişehir=1069068"
    )),
    34: ("İstanbul", (
        "Adalar=1067369;Arnavutköy=1068867;Ataşehir=1069245;Avcılar=1069239;Bağcılar=1069256;"
        "Bahçelievler=1069122;Bakırköy=1069140;Başakşehir=1069269;Bayrampaşa=1069180;Beşiktaş=1069154;"
        "Beykoz=1068882;Beylikdüzü=1069054;Beyoğlu=1069146;Büyükçekmece=1069215;Çatalca=1069199;Çekmeköy=1069242;"
        "DARICA=94785;EMİNÖNÜ=33818;Esenler=1069017;Esenyurt=1069249;EYÜP=177837;Eyüpsultan=1069009;"
        "Fatih=1069112;Gaziosmanpaşa=1069064;Güngören=1069173;Kadıköy=1069210;Kağıthane=1069234;Kartal=1069003;"
        "Küçükçekmece=1069250;Maltepe=1069233;MARMARA EREĞLİSİ=46786;Pendik=1069244;Sancaktepe=1069041;"
        "Sarıyer=1069135;Silivri=1068712;Sultanbeyli=1068779;Sultangazi=1068906;Şile=1068453;Şişli=1068865;"
        "TOPKAPI=34964;Tuzla=1069033;Ümraniye=1069248;Üsküdar=1069231;YENİKAPI=35175;Zeytinburnu=1069155"
    )),
    35: ("İzmir", (
        "Aliağa=1068322;Balçova=1069160;Bayındır=1057563;Bayraklı=1069043;Bergama=1069079;Beydağ=1053768;"
        "Bornova=1069208;Buca=1069266;Çeşme=1069188;Çiğli=1068803;Dikili=1069195;Foça=1069197;Gaziemir=1068675;"
        "Güzelbahçe=1068610;Karabağlar=1069264;Karaburun=1066294;Karacabey=356190;Karşıyaka=1068980;"
        "Kemalpaşa=1068668;Kınık=1059446;Kiraz=1061294;Konak=1069196;Menderes=1068808;Menemen=1068894;"
        "Narlıdere=1067931;Ödemiş=1068677;Seferihisar=1068851;Selçuk=1068691;Tire=1068781;Torbalı=1068760;"
        "Urla=1069100"
    )),
    36: ("Kars", (
        "Akyaka=1023855;Arpaçay=1066972;Digor=1053809;Kağızman=1067253;Merkez=1067351;Sarıkamış=1061073;"
        "Selim=1041881;Susuz=1033248"
    )),
    37: ("Kastamonu", (
        "Abana=1036091;Ağlı=1021638;Araç=1065688;Azdavay=1039919;Bozkurt=1047974;Cide=1057496;"
        "Çatalzeytin=1050056;Daday=1058982;Devrekani=1038948;Doğanyurt=1047106;Hanönü=1013697;İhsangazi=1069220;"
        "İnebolu=1068623;Küre=1041070;Merkez=1068993;Pınarbaşı=1021116;Seydiler=1027766;Şenpazar=1044314;"
        "Taşköprü=1060012;Tosya=1068006"
    )),
    38: ("Kayseri", (
        "Akkışla=1054865;Bünyan=1063117;Develi=1069008;Felahiye=1012119;Hacılar=1067933;İncesu=1069088;"
        "Kocasinan=1069172;Melikgazi=1069071;MERKEZ=343945;Özvatan=1063514;Pınarbaşı=1063526;Sarıoğlan=1068371;"
        "Sarız=1005566;Talas=1069134;Tomarza=1046564;Yahyalı=1065755;Yeşilhisar=1051745"
    )),
    39: ("Kırklareli", (
        "Babaeski=1068723;Demirköy=1067224;Kofçaz=750436;Lüleburgaz=1069111;Merkez=1068789;Pehlivanköy=1050097;"
        "Pınarhisar=1067909;Vize=1062665"
    )),
    40: ("Kırşehir", (
        "Akçakent=895748;Akpınar=1044010;Boztepe=855432;Çiçekdağı=1050488;Kaman=1063751;Merkez=1068940;"
        "Mucur=1050943"
    )),
    41: ("Kocaeli", (
        "Başiskele=1068492;Çayırova=1068830;Darıca=1069219;Derince=1069040;Dilovası=1068985;Gebze=1069237;"
        "Gölcük=1068874;İzmit=1069066;Kandıra=1066553;Karamürsel=1065629;Kartepe=1068435;Körfez=1068970;"
        "MERKEZ=343948"
    )),
    42: ("Konya", (
        "Ahırlı=920766;Akören=921766;Akşehir=1068078;Altınekin=1049964;Beyşehir=1068570;Bozkır=1064257;"
        "Cihanbeyli=1068390;Çeltik=1041504;Çumra=1063359;Derbent=1058866;Derebucak=980237;Doğanhisar=1043790;"
        "Emirgazi=962068;Ereğli=1069030;Güneysınır=1057445;Hadim=1049216;Halkapınar=1044211;Hüyük=1054988;"
        "Ilgın=1065556;Kadınhanı=1055140;Karapınar=1066211;Karatay=1069228;Kulu=1063254;Meram=1069243;"
        "MERKEZ=343949;Sarayönü=1068846;Selçuklu=1069032;Seydişehir=1069011;Taşkent=1012415;Tuzlukçu=731192;"
        "Yalıhüyük=955890;Yunak=1060477"
    )),
    43: ("Kütahya", (
        "Altıntaş=1066190;Aslanapa=1052839;Çavdarhisar=1052094;Domaniç=1062968;Dumlupınar=887822;Emet=1066936;"
        "Gediz=1067898;Hisarcık=1053536;Merkez=1068563;Pazarlar=1004171;Simav=1068966;Şaphane=1053655;"
        "Tavşanlı=1065883"
    )),
    44: ("Malatya", (
        "Akçadağ=1064711;Arapgir=995793;Arguvan=993598;Battalgazi=1069159;Darende=1067906;Doğanşehir=1065123;"
        "Doğanyol=902491;Hekimhan=1055447;Kale=947370;Kuluncak=1059459;MERKEZ=343951;Pütürge=1047668;"
        "Yazıhan=1018772;Yeşilyurt=1068896"
    )),
    45: ("Manisa", (
        "Ahmetli=1068512;Akhisar=1067866;Alaşehir=1066694;Demirci=1068220;Gölmarmara=1060895;Gördes=1061376;"
        "Kırkağaç=1069182;Köprübaşı=1064244;Kula=1066684;MERKEZ=343952;Salihli=1069150;Sarıgöl=1067015;"
        "Saruhanlı=1062983;Selendi=1067011;Soma=1069265;Şehzadeler=1068565;Turgutlu=1068949;Yunusemre=1068552"
    )),
    46: ("Kahramanmaraş", (
        "Afşin=1067992;Andırın=1068651;Çağlayancerit=1050842;Dulkadiroğlu=1069091;Ekinözü=981660;"
        "Elbistan=1068415;Göksun=1069036;MERKEZ=343953;Nurhak=1059385;Onikişubat=1067859;Pazarcık=1068479;"
        "Türkoğlu=1067417"
    )),
    47: ("Mardin", (
        "Artuklu=1068769;Dargeçit=1063960;Derik=1067828;Kızıltepe=1069246;Mazıdağı=1068350;MERKEZ=343954;"
        "Midyat=1068382;Nusaybin=1067706;Ömerli=1053337;Savur=1047437;Yeşilli=1064481"
    )),
    48: ("Muğla", (
        "Bodrum=1069186;Dalaman=1068714;Datça=1069015;Fethiye=1069221;Kavaklıdere=1048886;Köyceğiz=1068568;"
        "Marmaris=1068425;Menteşe=1067653;MERKEZ=343955;Milas=1069060;Ortaca=1068206;Seydikemer=1066261;"
        "Ula=1064769;Yatağan=1068124"
    )),
    49: ("Muş", "Bulanık=1064688;Hasköy=1007946;Korkut=1037001;Malazgirt=1043801;Merkez=1067738;Varto=1045550"),
    50: ("Nevşehir", (
        "Acıgöl=1059674;Avanos=1068478;Derinkuyu=1068850;Gülşehir=1064624;Hacıbektaş=1064446;Kozaklı=1054177;"
        "Merkez=1069241;Ürgüp=1068920"
    )),
    51: ("Niğde", "Altunhisar=1067556;Bor=1069260;Çamardı=1066520;Çiftlik=949853;Merkez=1068524;Ulukışla=1061034"),
    52: ("Ordu", (
        "Akkuş=1008266;Altınordu=1069253;Aybastı=1044141;Çamaş=1019076;Çatalpınar=1046319;Çaybaşı=1037959;"
        "Fatsa=1068398;Gölköy=1068033;Gülyalı=1002977;Gürgentepe=990138;İkizce=1052823;Kabadüz=815449;"
        "Kabataş=1056216;Korgan=1059736;Kumru=1067787;MERKEZ=343959;Mesudiye=1055990;Perşembe=1064530;"
        "Ulubey=930157;Ünye=1068973"
    )),
    53: ("Rize", (
        "Ardeşen=1067659;Çamlıhemşin=982743;Çayeli=1068218;Derepazarı=1008740;Fındıklı=1066393;Güneysu=1055781;"
        "Hemşin=1049650;İkizdere=1055700;İyidere=1020461;Kalkandere=1058962;Merkez=1068531;Pazar=1066679"
    )),
    54: ("Sakarya", (
        "Adapazarı=1068870;Akyazı=1068451;Arifiye=1068883;Erenler=1064964;Ferizli=1063538;Geyve=1064355;"
        "Hendek=1067644;Karapürçek=1057641;Karasu=1068518;Kaynarca=1065432;Kocaali=1067927;Pamukova=1063898;"
        "Sapanca=1069181;Serdivan=1068184;Söğütlü=1067929;Taraklı=1044042"
    )),
    55: ("Samsun", (
        "19 Mayıs=1069113;Alaçam=1065293;Asarcık=1028801;Atakum=1069270;Ayvacık=1059620;Bafra=1069189;"
        "Canik=1068113;Çarşamba=1069255;Havza=1068542;İlkadım=1068816;Kavak=1062049;Ladik=1063129;Merkez=285032;"
        "ONDOKUZ MAYIS=178156;Salıpazarı=1033260;Tekkeköy=1068443;Terme=1068616;Vezirköprü=1066424;"
        "Yakakent=1068335"
    )),
    56: ("Siirt", (
        "Baykan=1065807;Eruh=1032823;Kurtalan=1068397;Merkez=1069129;Pervari=1045993;Şirvan=985050;Tillo=1058978"
    )),
    57: ("Sinop", (
        "Ayancık=1061784;Boyabat=1063037;Dikmen=1036245;Durağan=1063748;Erfelek=1063455;Gerze=1067472;"
        "Merkez=1068652;Saraydüzü=1064230;Türkeli=1067466"
    )),
    58: ("Sivas", (
        "Akıncılar=948828;Altınyayla=1052617;Divriği=1063592;Doğanşar=970612;Gemerek=1064238;Gölova=1058887;"
        "Gürün=1068911;Hafik=1064282;İmranlı=1053319;Kangal=1063180;Koyulhisar=1041048;Merkez=1068639;"
        "Suşehri=1067118;Şarkışla=1065124;Ulaş=1056504;Yıldızeli=1068541;Zara=1063615"
    )),
    59: ("Tekirdağ", (
        "Çerkezköy=1068982;Çorlu=1068796;Ergene=1067741;Hayrabolu=1059445;Kapaklı=1069057;Malkara=1067600;"
        "Marmaraereğlisi=1068917;MERKEZ=343966;Muratlı=1065086;Saray=1068085;Süleymanpaşa=1069222;Şarköy=1068408"
    )),
    60: ("Tokat", (
        "Almus=1066388;Artova=1047987;Başçiftlik=869291;Erbaa=1068328;Merkez=1069090;Niksar=1063337;"
        "Pazar=1018602;Reşadiye=1068365;Sulusaray=1035301;Turhal=1069042;Yeşilyurt=1049256;Zile=1069029"
    )),
    61: ("Trabzon", (
        "Akçaabat=1068916;Araklı=1063683;Arsin=1069200;Beşikdüzü=1068426;Çarşıbaşı=1062471;Çaykara=1061997;"
        "Dernekpazarı=1053136;Düzköy=1031739;Hayrat=1068427;Köprübaşı=960077;Maçka=1061347;MERKEZ=343968;"
        "Of=1068473;Ortahisar=1068810;Sürmene=1069261;Şalpazarı=978942;Tonya=1055170;Vakfıkebir=1064829;"
        "Yomra=1064211"
    )),
    62: ("Tunceli", (
        "Çemişgezek=1019068;Hozat=1061064;Mazgirt=1065239;Merkez=1068336;Nazımiye=759917;Ovacık=1037330;"
        "Pertek=1042208;Pülümür=1060775"
    )),
    63: ("Şanlıurfa", (
        "Akçakale=1058560;Birecik=1062605;Bozova=1064751;Ceylanpınar=1062532;Eyyübiye=1069018;Halfeti=1062979;"
        "Haliliye=1068981;Harran=1037787;Hilvan=1066120;Karaköprü=1068557;MERKEZ=343970;Siverek=1068475;"
        "Suruç=1067945;Viranşehir=1068827"
    )),
    64: ("Uşak", "Banaz=1068672;Eşme=1067220;Karahallı=1030030;Merkez=1069218;Sivaslı=1065034;Ulubey=1068097"),
    65: ("Van", (
        "Bahçesaray=792984;Başkale=1008375;Çaldıran=1060410;Çatak=1022992;Edremit=1069152;Erciş=1069102;"
        "Gevaş=1069020;Gürpınar=1002642;İpekyolu=1068594;MERKEZ=343972;Muradiye=1058552;Özalp=1053135;"
        "Saray=942379;Tuşba=1068585"
    )),
    66: ("Yozgat", (
        "Akdağmadeni=1068320;Aydıncık=1028122;Boğazlıyan=1061941;Çandır=991888;Çayıralan=1054845;Çekerek=1044895;"
        "Kadışehri=1064102;Merkez=1068607;Saraykent=1060453;Sarıkaya=1065652;Sorgun=1069230;Şefaatli=1056770;"
        "Yenifakılı=1040954;Yerköy=1069254"
    )),
    67: ("Zonguldak", (
        "Alaplı=1068706;Çaycuma=1067693;Devrek=1068219;Ereğli=1069162;Gökçebey=1067482;Kilimli=1068070;"
        "Kozlu=1067664;Merkez=1069061"
    )),
    68: ("Aksaray", (
        "Ağaçören=1063017;Eskil=1066286;Gülağaç=1068641;Güzelyurt=1041820;Merkez=1069098;Ortaköy=1067149;"
        "Sarıyahşi=826237;Sultanhanı=1053755"
    )),
    69: ("Bayburt", "Aydıntepe=1042852;Demirözü=1067798;Merkez=1068099"),
    70: ("Karaman", (
        "Ayrancı=1049335;Başyayla=987247;Ermenek=1044207;Kazımkarabekir=1027549;Merkez=1068744;"
        "Sarıveliler=1032456"
    )),
    71: ("Kırıkkale", (
        "Bahşılı=1048777;Balışeyh=1054107;Çelebi=921907;Delice=1048635;Karakeçili=979537;Keskin=1064934;"
        "Merkez=1069209;Sulakyurt=1050999;Yahşihan=1066781"
    )),
    72: ("Batman", "Beşiri=1059015;Gercüş=1054462;Hasankeyf=1044045;Kozluk=1064669;Merkez=1069026;Sason=1063736"),
    73: ("Şırnak", (
        "Beytüşşebap=1066276;Cizre=1068683;Güçlükonak=1061630;İdil=1065422;Merkez=1067645;Silopi=1066542;"
        "Uludere=1066579"
    )),
    74: ("Bartın", "Amasra=1060578;Kurucaşile=1046317;Merkez=1069109;Ulus=1063432"),
    75: ("Ardahan", "Çıldır=1055590;Damal=1052925;Göle=1044933;Hanak=1068546;Merkez=1068690;Posof=1051433"),
    76: ("Iğdır", "Aralık=1030432;Karakoyunlu=968559;Merkez=1067305;Tuzluca=1066319"),
    77: ("Yalova", (
        "Altınova=1067677;Armutlu=1065468;Çınarcık=1068999;Çiftlikköy=1068285;Merkez=1068863;Termal=1068179"
    )),
    78: ("Karabük", "Eflani=1032857;Eskipazar=1068302;Merkez=1069212;Ovacık=890977;Safranbolu=1066256;Yenice=1062633"),
    79: ("Kilis", "Elbeyli=1058769;KİLİS MERKEZ=178364;Merkez=1068747;Musabeyli=952878;Polateli=946319"),
    80: ("Osmaniye", (
        "Bahçe=1062852;Düziçi=1068394;Hasanbeyli=1056309;Kadirli=1068873;Merkez=1068202;Sumbas=1052821;"
        "Toprakkale=1055270"
    )),
    81: ("Düzce", (
        "Akçakoca=1067444;Cumayeri=1066273;Çilimli=1069037;Gölyaka=1068278;Gümüşova=1063737;Kaynaşlı=1066771;"
        "Merkez=1069175;Yığılca=1051591"
    )),
}  # fmt: skip
