"""The bodies that the fake UPS takes, as compact rules (see `forms`): ship and label recovery, rate, address validation.

Made from UPS-API's OpenAPI documents of 21 July 2026 (specs/ups, MIT). Loosened where the document's own examples break it: blank
text counts as absent, least lengths of more than 1 are not asked for, LabelStockSize may be absent for pictures, an array's only member may
come bare. `any`: branches for goods and services that no small seller sends (dangerous goods, freight, US filings) are not looked into.
"""

from __future__ import annotations

from providers.sandboxes.forms import Forms

SHIP = Forms(
    """
TransactionReference: CustomerContext s1-512
Request: RequestOption! s1-15; SubVersion s1-4; TransactionReference @TransactionReference
ReturnService: Code! s1-2; Description s1-35
Phone: Number! s1-15; Extension s1-4
Address: AddressLine![1-3] s1-35; City! s1-30; StateProvinceCode s1-5; PostalCode s1-9; CountryCode! s2
Shipper: Name! s1-35; AttentionName s1-35; CompanyDisplayableName s1-35; TaxIdentificationNumber s1-15; Phone @Phone; ShipperNumber! s6; FaxNumber s1-14; EMailAddress s1-50; Address! @Address
Address2: AddressLine![1-3] s1-35; City! s1-30; StateProvinceCode s1-5; PostalCode s1-9; CountryCode! s2; ResidentialAddressIndicator s; POBoxIndicator s
ShipTo: Name! s1-35; AttentionName s1-35; CompanyDisplayableName s1-35; TaxIdentificationNumber s1-15; Phone @Phone; FaxNumber s1-15; EMailAddress s1-50; Address! @Address2; LocationID s3-10
AlternateDeliveryAddress: Name! s1-35; AttentionName! s1-35; UPSAccessPointID s1-9; Address! @Address
TaxIDType: Code! s; Description s
ShipFrom: Name! s1-35; AttentionName s1-35; CompanyDisplayableName s1-35; TaxIdentificationNumber s1-15; TaxIDType @TaxIDType; Phone @Phone; FaxNumber s1-15; Address! @Address; VendorInfo any
BillShipper: AccountNumber s1-6; CreditCard any; AlternatePaymentMethod s1-2
Address3: PostalCode s1-9
BillReceiver: AccountNumber! s1-6; Address @Address3
Address4: PostalCode s1-9; CountryCode! s2
BillThirdParty: AccountNumber s1-6; CertifiedElectronicMail s1-30; InterchangeSystemCode s1-15; Address! @Address4
ShipmentCharge: Type! s1-2; BillShipper @BillShipper; BillReceiver @BillReceiver; BillThirdParty @BillThirdParty; ConsigneeBilledIndicator s
PaymentInformation: ShipmentCharge![] @ShipmentCharge; SplitDutyVATIndicator s
ShipmentRatingOptions: NegotiatedRatesIndicator s; FRSShipmentIndicator any; RateChartIndicator s; TPFCNegotiatedRatesIndicator s; UserLevelDiscountIndicator s
ReferenceNumber: BarCodeIndicator s; Code s1-2; Value! s1-35
Service: Code! s1-2; Description s1-35
InvoiceLineTotal: CurrencyCode! s1-3; MonetaryValue! s1-11
ShipmentIndicationType: Code! s1-2; Description s1-50
CODAmount: CurrencyCode! s1-3; MonetaryValue! s1-5
COD: CODFundsCode! s1-1; CODAmount! @CODAmount
EMail: EMailAddress![] s1-50; UndeliverableEMailAddress s1-50; FromEMailAddress s1-50; FromName s1-35; Memo s1-150
VoiceMessage: PhoneNumber! s1-15
Locale: Language! s1-3; Dialect! s1-2
Notification: NotificationCode! s1-1; EMail! @EMail; VoiceMessage @VoiceMessage; TextMessage @VoiceMessage; Locale @Locale
UserCreatedForm: DocumentID![] s
Address5: AddressLine![] s; City! s1-30; StateProvinceCode s1-5; Town s1-30; PostalCode s1-9; CountryCode! s2
SoldTo: Name! s1-35; AttentionName! s1-35; TaxIdentificationNumber s1-15; Phone @Phone; Option s1-2; Address! @Address5; EMailAddress s1-50; AccountNumber s1-6
Contacts: ForwardAgent any; UltimateConsignee any; IntermediateConsignee any; Producer any; SoldTo @SoldTo
UnitOfMeasurement: Code! s1-3; Description s1-3
Unit: Number! s1-7; UnitOfMeasurement! @UnitOfMeasurement; Value! s1-19
NetCostDateRange: BeginDate! s1-8; EndDate! s1-8
UnitOfMeasurement2: Code! s1-3; Description s1-20
ProductWeight: UnitOfMeasurement! @UnitOfMeasurement2; Weight! s1-5
ScheduleB: Number! s1-10; Quantity[] s; UnitOfMeasurement![] @UnitOfMeasurement2
ExcludeFromForm: FormType![] s
PackageAssociated: PackageNumber! s; ProductAmount! s; ProductNote s
PackingListInfo: PackageAssociated![] @PackageAssociated
DDSReferenceNumber: Number s
ProductIdentifier: ProductID s; ProductIDTypeCode s
Product: Description![] s; Unit @Unit; CommodityCode s6-15; PartNumber s1-35; OriginCountryCode s1-2; JointProductionIndicator s; NetCostCode s1-2; NetCostDateRange @NetCostDateRange; PreferenceCriteria s1-1; ProducerInfo s3-5; MarksAndNumbers s1-35; NumberOfPackagesPerCommodity s1-3; ProductWeight @ProductWeight; VehicleID s1-25; ScheduleB @ScheduleB; ExportType s1-1; SEDTotalValue s1-15; TaxesPaid s; ExcludeFromForm @ExcludeFromForm; PackingListInfo @PackingListInfo; EEIInformation any; DDSReferenceNumber @DDSReferenceNumber; ProductIdentifier @ProductIdentifier; CommodityFieldSpecialConditionCode s
Discount: MonetaryValue! s1-15
OtherCharges: MonetaryValue! s1-15; Description! s1-10
InternationalForms: FormType![] s; UserCreatedForm @UserCreatedForm; UPSPremiumCareForm any; CN22Form any; AdditionalDocumentIndicator any; FormGroupIdName s1-50; EEIFilingOption any; Contacts @Contacts; Product![] @Product; InvoiceNumber s1-35; InvoiceDate s1-8; PurchaseOrderNumber s1-35; TermsOfShipment s1-3; ReasonForExport s1-20; Comments s1-150; DeclarationStatement s1-550; Discount @Discount; FreightCharges @Discount; InsuranceCharges @Discount; OtherCharges @OtherCharges; CurrencyCode s1-3; BlanketPeriod any; ExportDate s1-35; ExportingCarrier s1-35; CarrierID s1-17; InBondCode s1-2; EntryNumber s1-25; PointOfOrigin s1-5; PointOfOriginType s1-1; ModeOfTransport s1-35; PortOfExport s1-35; PortOfUnloading s1-35; LoadingPier s1-35; PartiesToTransaction s1-1; RoutedExportTransactionIndicator s; ContainerizedIndicator s; OverridePaperlessIndicator s; ShipperMemo s1-300; HazardousMaterialsIndicator s
DeliveryConfirmation: DCISType! s1-1; DCISNumber s1-11
ShipmentServiceOptions: SaturdayDeliveryIndicator s; SaturdayPickupIndicator s; COD @COD; AccessPointCOD any; DeliverToAddresseeOnlyIndicator s; DirectDeliveryOnlyIndicator s; Notification[] @Notification; LabelDelivery any; InternationalForms @InternationalForms; DeliveryConfirmation @DeliveryConfirmation; ReturnOfDocumentIndicator s; ImportControlIndicator s; LabelMethod @Service; CommercialInvoiceRemovalIndicator s; UPScarbonneutralIndicator s; PreAlertNotification any; ExchangeForwardIndicator s; HoldForPickupIndicator s; DropoffAtUPSFacilityIndicator s; LiftGateForPickUpIndicator s; LiftGateForDeliveryIndicator s; SDLShipmentIndicator s; EPRAReleaseCode s4-6; RestrictedArticles any; InsideDelivery s1-2; ItemDisposal s; EUDeMinimisIndicator s
UnitOfMeasurement3: Code s1-2; Description s1-35
Dimensions: UnitOfMeasurement! @UnitOfMeasurement3; Length! s1-3; Width! s1-3; Height! s1-3
UnitOfMeasurement4: Code! s1-3; Description s1-35
DimWeight: UnitOfMeasurement @UnitOfMeasurement4; Weight s1-6
PackageWeight: UnitOfMeasurement! @UnitOfMeasurement4; Weight! s1-5
ReferenceNumber2: BarCodeIndicator s; Code s1-2; Value! s1-35
DeclaredValue: Type @Service; CurrencyCode! s1-3; MonetaryValue! s1-19
EMail2: Subject s1-75; SubjectCode s1-2; EMailAddress![] s1-50; UndeliverableEMailAddress s1-50; FromEMailAddress s1-50; FromName s1-35; Memo s1-150
Notification2: NotificationCode! s1-1; EMail! @EMail2
Healthcare: ProgramIdentifier s1-3; SubAttribute s1-25; UniqueIdentifier s1-25; Text s1-50
PackageServiceOptions: DeliveryConfirmation @DeliveryConfirmation; DeclaredValue @DeclaredValue; COD @COD; AccessPointCOD any; ShipperReleaseIndicator s; Notification @Notification2; HazMat any; HazMatTypeCode s; DryIce any; UPSPremiumCareIndicator s; ProactiveIndicator s; PackageIdentifier s1-5; ClinicalTrialsID s1-20; RefrigerationIndicator s; Healthcare @Healthcare
Package: Description s1-35; PalletDescription s1-150; NumOfPieces s1-5; UnitPrice s1-12; Packaging! @Service; Dimensions @Dimensions; DimWeight @DimWeight; PackageWeight @PackageWeight; LargePackageIndicator s; OversizeIndicator s; MinimumBillableWeightIndicator s; ReferenceNumber[] @ReferenceNumber2; AdditionalHandlingIndicator s; SimpleRate @Service; UPSPremier any; PackageServiceOptions @PackageServiceOptions; Commodity any; HazMatPackageInformation any
Shipment: Description s1-50; ReturnService @ReturnService; DocumentsOnlyIndicator s; Shipper! @Shipper; ShipTo! @ShipTo; AlternateDeliveryAddress @AlternateDeliveryAddress; ShipFrom @ShipFrom; PaymentInformation @PaymentInformation; FRSPaymentInformation any; GlobalTaxInformation any; WorldEase any; FreightShipmentInformation any; GoodsNotInFreeCirculationIndicator s; PromotionalDiscountInformation any; DGSignatoryInfo any; ShipmentRatingOptions @ShipmentRatingOptions; MovementReferenceNumber s1-18; ReferenceNumber[] @ReferenceNumber; Service! @Service; InvoiceLineTotal @InvoiceLineTotal; ShipmentRiskEnteringEU s1-2; NumOfPiecesInShipment s1-5; USPSEndorsement s1-1; MILabelCN22Indicator s; SubClassification s1-2; CostCenter s1-30; CostCenterBarcodeIndicator s; PackageID s1-30; PackageIDBarcodeIndicator s; IrregularIndicator s1-1; ShipmentIndicationType[] @ShipmentIndicationType; MIDualReturnShipmentKey s4-50; MIDualReturnShipmentIndicator s; RatingMethodRequestedIndicator s; TaxInformationIndicator s; ShipmentServiceOptions @ShipmentServiceOptions; Locale s1-5; ShipmentValueThresholdCode s1-2; ShipperType s1-2; ConsigneeType s1-2; MasterCartonID s1-24; MasterCartonIndicator s; ShipmentDate s1-8; Package![] @Package; QuoteID s1-35; TradeDirect any; HealthcareIdentifier s1-3
LabelImageFormat: Code! s1-4; Description s1-35
LabelStockSize: Height! s1-3; Width! s1-3
LabelSpecification: LabelImageFormat! @LabelImageFormat; HTTPUserAgent s1-64; LabelStockSize @LabelStockSize; Instruction[] @Service; CharacterSet s1-3
ImageFormat: Code! s1-3; Description s1-35
ReceiptSpecification: ImageFormat! @ImageFormat
ShipmentRequest: Request! @Request; Shipment! @Shipment; LabelSpecification @LabelSpecification; ReceiptSpecification @ReceiptSpecification
ShipWrapper: ShipmentRequest! @ShipmentRequest
TransactionReference2: CustomerContext s5-512
Request2: SubVersion s; RequestOption s; TransactionReference @TransactionReference2
LabelImageFormat2: Code! s1-4; Description s1-35
LabelSpecification2: HTTPUserAgent s1-64; LabelImageFormat @LabelImageFormat2; LabelStockSize @LabelStockSize
ReferenceNumber3: Value! s1-35
ReferenceValues: ReferenceNumber! @ReferenceNumber3; ShipperNumber! s6
LabelRecoveryRequest: Request! @Request2; LabelSpecification @LabelSpecification2; Translate any; LabelDelivery any; TrackingNumber s1-18; TrackingNumbers[] s; MailInnovationsTrackingNumber s1-34; ReferenceValues @ReferenceValues; Locale s1-5; UPSPremiumCareForm any
RecoveryWrapper: LabelRecoveryRequest! @LabelRecoveryRequest
""",
    bare=True,
)
RATE = Forms(
    """
TransactionReference: CustomerContext s1-512
Request: RequestOption s1-15; SubVersion s1-4; TransactionReference @TransactionReference
PickupType: Code! s1-2; Description s1-35
Address: AddressLine![] s; City s1-30; StateProvinceCode s1-2; PostalCode s1-9; CountryCode! s2
Shipper: Name s1-35; AttentionName s1-35; ShipperNumber s1-6; Address! @Address
Address2: AddressLine![] s; City s1-30; StateProvinceCode s1-2; PostalCode s1-9; CountryCode! s2; ResidentialAddressIndicator s
ShipTo: Name s1-35; AttentionName s1-35; Address! @Address2
Address3: AddressLine[] s; City s1-30; StateProvinceCode s1-2; PostalCode s1-9; CountryCode! s2
ShipFrom: Name s1-35; AttentionName s1-35; Address! @Address3
Address4: AddressLine[] s; City s1-30; StateProvinceCode s1-2; PostalCode s1-9; CountryCode! s2; ResidentialAddressIndicator s; POBoxIndicator s
AlternateDeliveryAddress: Name s; Address! @Address4
ShipmentIndicationType: Code! s1-2; Description s1-50
BillShipper: AccountNumber! s1-6
Address5: PostalCode s1-9
BillReceiver: AccountNumber! s1-6; Address @Address5
BillThirdParty: AccountNumber! s1-6; Address! @Address3
ShipmentCharge: Type! s1-2; BillShipper @BillShipper; BillReceiver @BillReceiver; BillThirdParty @BillThirdParty; ConsigneeBilledIndicator s
PaymentDetails: ShipmentCharge![] @ShipmentCharge; SplitDutyVATIndicator s
Service: Code! s1-3; Description s1-35
UnitOfMeasurement: Code! s1-3; Description s1-35
ShipmentTotalWeight: UnitOfMeasurement! @UnitOfMeasurement; Weight! s
UnitOfMeasurement2: Code! s1-2; Description s1-35
Dimensions: UnitOfMeasurement! @UnitOfMeasurement2; Length! s1-9; Width! s1-9; Height! s1-9
DimWeight: UnitOfMeasurement @UnitOfMeasurement; Weight s1-6
PackageWeight: UnitOfMeasurement! @UnitOfMeasurement; Weight! s1-6
DeliveryConfirmation: DCISType! s1-1
CODAmount: CurrencyCode! s1-3; MonetaryValue! s1-8
COD: CODFundsCode! s1-1; CODAmount! @CODAmount
ShipperDeclaredValue: CurrencyCode! s1-3; MonetaryValue! s1-19
Insurance: BasicFlexibleParcelIndicator @CODAmount; ExtendedFlexibleParcelIndicator @CODAmount; TimeInTransitFlexibleParcelIndicator @CODAmount; PackageProtection @CODAmount
PackageServiceOptions: DeliveryConfirmation @DeliveryConfirmation; AccessPointCOD any; COD @COD; DeclaredValue @CODAmount; ShipperDeclaredValue @ShipperDeclaredValue; ShipperReleaseIndicator s; ProactiveIndicator s; RefrigerationIndicator s; Insurance @Insurance; UPSPremiumCareIndicator s; HazMat any; DryIce any
Package: PackagingType @PickupType; Dimensions @Dimensions; DimWeight @DimWeight; PackageWeight @PackageWeight; Commodity any; LargePackageIndicator s; PackageServiceOptions @PackageServiceOptions; AdditionalHandlingIndicator s; SimpleRate @PickupType; UPSPremier any; OversizeIndicator s; MinimumBillableWeightIndicator s
DeliveryConfirmation2: DCISType! s
ReturnService: Code! s1-2; Description s1-50
ShipmentServiceOptions: GlobalCheckoutIndicator s; SaturdayPickupIndicator s; SaturdayDeliveryIndicator s; SundayDeliveryIndicator s; AvailableServicesOption s1-1; AccessPointCOD any; DeliverToAddresseeOnlyIndicator s; DirectDeliveryOnlyIndicator s; COD @COD; DeliveryConfirmation @DeliveryConfirmation2; ReturnOfDocumentIndicator s; UPScarbonneutralIndicator s; CertificateOfOriginIndicator s; PickupOptions any; DeliveryOptions any; RestrictedArticles any; ShipperExportDeclarationIndicator s; CommercialInvoiceRemovalIndicator s; ImportControl @ShipmentIndicationType; ReturnService @ReturnService; SDLShipmentIndicator s; EPRAIndicator s; InsideDelivery s1-2; ItemDisposalIndicator s
ShipmentRatingOptions: NegotiatedRatesIndicator s; FRSShipmentIndicator any; RateChartIndicator s; UserLevelDiscountIndicator s; TPFCNegotiatedRatesIndicator s
Pickup: Date! s1-8; Time s4-6
DeliveryTimeInformation: PackageBillType! s1-2; Pickup @Pickup; ReturnContractServices[] @PickupType
Shipment: OriginRecordTransactionTimestamp s; Shipper! @Shipper; ShipTo! @ShipTo; ShipFrom @ShipFrom; AlternateDeliveryAddress @AlternateDeliveryAddress; ShipmentIndicationType[] @ShipmentIndicationType; PaymentDetails @PaymentDetails; FRSPaymentInformation any; FreightShipmentInformation any; GoodsNotInFreeCirculationIndicator s; Service @Service; NumOfPieces s; ShipmentTotalWeight @ShipmentTotalWeight; DocumentsOnlyIndicator s; Package![] @Package; ShipmentServiceOptions @ShipmentServiceOptions; ShipmentRatingOptions @ShipmentRatingOptions; InvoiceLineTotal @ShipperDeclaredValue; RatingMethodRequestedIndicator s; TaxInformationIndicator s; PromotionalDiscountInformation any; DeliveryTimeInformation @DeliveryTimeInformation; MasterCartonIndicator s; WWEShipmentIndicator s
RateRequest: Request! @Request; PickupType @PickupType; CustomerClassification @PickupType; Shipment! @Shipment
RateWrapper: RateRequest! @RateRequest
""",
    bare=True,
)
ADDRESS = Forms(
    """
AddressKeyFormat: ConsigneeName s1-40; AttentionName s1-40; AddressLine[] s; Region s1-100; PoliticalDivision2 s1-30; PoliticalDivision1 s1-30; PostcodePrimaryLow s1-10; PostcodeExtendedLow s1-10; BuildingName s1-40; Urbanization s1-30; CountryCode! s2
XAVRequest: AddressKeyFormat! @AddressKeyFormat
AddressWrapper: XAVRequest! @XAVRequest
""",
    bare=True,
)
